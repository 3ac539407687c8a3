package respond

import (
	"context"
	"log"
	"net/http"
	"net/http/httputil"
	"strconv"
	"time"
)

// Forwarder answers what the cache alone cannot, through httputil.ReverseProxy. X
// is a profile's own exchange, which goes with the request to the functions that
// decide. It is safe for concurrent use.
type Forwarder[X any] struct{ reverse httputil.ReverseProxy }

// flushInterval is how long bytes may wait for others before they go out.
const flushInterval = 20 * time.Millisecond

// NewForwarder returns a Forwarder. Rewrite turns a client's request into
// upstream's. RoundTrip gets the answer, from upstream or by then from the cache.
// Where it returns an error, failed answers, unless the client has left: then the
// connection is aborted, since net/http would say 200 with an empty body for a
// handler that says nothing, and a client that has only shut its own side still reads.
// ErrorLog is that of httputil.ReverseProxy.
func NewForwarder[X any](
	rewrite func(*httputil.ProxyRequest),
	roundTrip func(x X, out *http.Request) (*http.Response, error),
	failed func(x X, err error),
	errorLog *log.Logger,
) *Forwarder[X] {
	return &Forwarder[X]{httputil.ReverseProxy{
		Rewrite:   rewrite,
		Transport: roundTripper(func(out *http.Request) (*http.Response, error) { return roundTrip(exchangeOf[X](out), out) }),
		ErrorHandler: func(_ http.ResponseWriter, out *http.Request, err error) {
			if out.Context().Err() != nil {
				panic(http.ErrAbortHandler)
			}
			failed(exchangeOf[X](out), err)
		},
		FlushInterval: flushInterval,
		ErrorLog:      errorLog,
	}}
}

// Forward answers the request of e, which is a part of x. The client has its time for
// each piece of a body, in either direction.
func (f *Forwarder[X]) Forward(e *Exchange, x X) {
	e.Pace(patience)
	f.reverse.ServeHTTP(e, e.Request.WithContext(context.WithValue(e.Request.Context(), exchangeKey[X]{}, x)))
}

// exchangeKey is the context key under which an exchange goes through ReverseProxy.
type exchangeKey[X any] struct{}

func exchangeOf[X any](out *http.Request) X { return out.Context().Value(exchangeKey[X]{}).(X) }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Response makes an answer what a transport returns for out. Of an answer to HEAD,
// body is what GET would get.
func Response(out *http.Request, status int, header http.Header, body Content) *http.Response {
	resp := &http.Response{
		Status: strconv.Itoa(status) + " " + http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, ContentLength: int64(body.Len()), Body: http.NoBody, Request: out,
	}
	if out.Method != http.MethodHead {
		resp.Body = reading(body)
	}
	return resp
}
