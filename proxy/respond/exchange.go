package respond

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"perigee/cache/rfc9111"
)

// statusClientGone is how a client that left is recorded; it is never sent.
const statusClientGone = 499

// Record is what became of one request. The access log and the metrics both
// derive from it, once, when the request ends.
type Record struct {
	Outcome  Outcome
	Detail   string
	Status   int // 499: the client left before it was answered
	Bytes    int64
	Took     time.Duration
	Upstream int    // requests that were sent upstream on behalf of this one
	Endpoint string // from a closed set
	Key      string // what the request means; empty: it never came to mean anything
}

// Observer is told of requests. Its methods must be quick and safe for concurrent
// use.
type Observer interface {
	// PanicRecovered is called for each panic of a handler, http.ErrAbortHandler aside.
	PanicRecovered()
	RequestStarted()
	RequestEnded(outcome, endpoint string, status int, took time.Duration)
}

// Exchange is one request under way. It is the http.ResponseWriter of its answer,
// and notes in the Record what is written. It belongs to the goroutine of its
// request. End must be deferred.
type Exchange struct {
	Request *http.Request
	Start   time.Time
	Record  Record

	// Interim gets the header of each interim answer before it goes out. If nil, it
	// goes out as it is.
	Interim func(http.Header)

	w       http.ResponseWriter
	pace    time.Duration // for each piece of a body; 0: the server's own deadlines
	control *http.ResponseController
}

// NewExchange begins the exchange of a request that just came.
func NewExchange(w http.ResponseWriter, r *http.Request) Exchange {
	return Exchange{Request: r, Start: time.Now(), w: w}
}

// Header is the header of the answer.
func (x *Exchange) Header() http.Header { return x.w.Header() }

// Unwrap lets http.ResponseController reach the writer below.
func (x *Exchange) Unwrap() http.ResponseWriter { return x.w }

// WriteHeader notes the status, but for informational ones. Of those it keeps back
// what belongs to the connection to upstream, which httputil.ReverseProxy relays. An
// answer that has no Content-Type goes out without: net/http would guess one.
func (x *Exchange) WriteHeader(status int) {
	header := x.w.Header()
	switch {
	case status < http.StatusOK && status != http.StatusSwitchingProtocols:
		keep := rfc9111.EndToEnd(header)
		maps.DeleteFunc(header, func(name string, _ []string) bool { return keep[name] == nil })
		if x.Interim != nil {
			x.Interim(header)
		}
	default:
		x.Record.Status = status
		if _, ok := header["Content-Type"]; !ok {
			header["Content-Type"] = nil
		}
	}
	x.extend()
	x.w.WriteHeader(status)
}

// Hijack takes the connection over, for another protocol. What the client has sent
// behind its request by then comes first: httputil.ReverseProxy reads the connection
// alone, and would lose it.
func (x *Exchange) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return &earlyConn{Conn: conn, r: buffered.Reader}, buffered, nil
}

// earlyConn is a connection of which some bytes were read already.
type earlyConn struct {
	net.Conn
	r *bufio.Reader
}

// Read reads those first.
func (c *earlyConn) Read(b []byte) (int, error) { return c.r.Read(b) }

// Write notes how much is sent. Of what is long, each piece has its own time.
func (x *Exchange) Write(b []byte) (n int, err error) {
	if x.Record.Status == 0 {
		x.WriteHeader(http.StatusOK)
	}
	for first := true; err == nil && (first || len(b) > 0); first = false {
		x.extend()
		var sent int
		sent, err = x.w.Write(b[:min(len(b), maxPiece)])
		n, b = n+sent, b[sent:]
	}
	x.Record.Bytes += int64(n)
	return n, err
}

// How long a client may take over each piece of a body, and how long a piece is: one
// that takes a kilobyte a second is slow, not gone.
const (
	patience = time.Minute
	maxPiece = 64 << 10
)

// extend gives the client its time for what is written next.
func (x *Exchange) extend() {
	if x.control != nil {
		_ = x.control.SetWriteDeadline(time.Now().Add(x.pace)) // without a connection there is none to set
	}
}

// Pace gives the client d for each piece of the bodies that it sends and takes.
// The server's own deadlines are for whole messages, and would cut long ones off.
func (x *Exchange) Pace(d time.Duration) {
	x.pace, x.control = d, http.NewResponseController(x.w)
	if x.Request.ContentLength != 0 {
		r := x.Request.WithContext(x.Request.Context())
		r.Body = &paced{ReadCloser: r.Body, control: x.control, pace: d}
		x.Request = r
	}
}

// paced is a request's body on its way upstream.
type paced struct {
	io.ReadCloser
	control *http.ResponseController
	pace    time.Duration
	ended   error
}

// Read gives the client its time. Where there is no deadline to set, in tests
// without a connection, it goes without. Behind the end there must be none: net/http
// reads the connection from then on, to notice when the client leaves, and would take
// a deadline that has passed for that.
func (p *paced) Read(b []byte) (n int, err error) {
	if p.ended != nil {
		return 0, p.ended
	}
	_ = p.control.SetReadDeadline(time.Now().Add(p.pace))
	n, p.ended = p.ReadCloser.Read(b)
	return n, p.ended
}

// Settle notes how the request is handled: in the record, and in header, that of
// the answer. The value of Cache-Status is the caller's to make, since it may have
// it prepared.
func (x *Exchange) Settle(header http.Header, h Handling, cacheStatus string) {
	x.Record.Outcome, x.Record.Detail = h.Outcome, h.Detail
	header["Cache-Status"] = []string{cacheStatus}
}

// Send writes a whole answer, of which the header is complete but for
// Content-Length. Of a HEAD request only the header.
func (x *Exchange) Send(status int, body Content) {
	if h := x.w.Header(); h["Content-Length"] == nil && hasContent(status) {
		h["Content-Length"] = []string{strconv.Itoa(body.Len())}
	}
	if body.Len() > maxPiece && x.control == nil {
		x.Pace(patience) // the server's own deadline is for what is short
	}
	x.WriteHeader(status)
	if x.Request.Method != http.MethodHead && body.Len() > 0 {
		_ = writeTo(x, body) // a client that left is seen by its context
	}
}

// SendProblem writes the answer with p. The exchange must be settled.
func (x *Exchange) SendProblem(p *Problem) {
	p.describe(x.w.Header(), x.Request.Header["Accept"])
	x.Send(p.Status, Bytes(p.Body()))
}

// Contain ends a panic of the handler: it is counted and logged, and the client is
// told, or where it has been told something already the connection is cut. It is to be
// deferred itself, after End.
func (x *Exchange) Contain(o Observer, log *slog.Logger) {
	p := recover()
	switch p {
	case nil:
		return
	case http.ErrAbortHandler:
		panic(p)
	}
	o.PanicRecovered()
	log.Error("panic in a handler", "method", x.Request.Method, "uri", x.Request.RequestURI, "panic", p, "stack", string(debug.Stack()))
	if x.Record.Status != 0 {
		panic(http.ErrAbortHandler)
	}
	problem := &Problem{
		Status: http.StatusInternalServerError, Reason: "panic", Header: http.Header{"Connection": {"close"}},
		Detail: "The proxy has a defect, which it has logged.",
	}
	header := x.w.Header()
	clear(header) // of what the handler was about to say
	x.Settle(header, problem.Handling(), problem.Handling().Member("").String())
	x.SendProblem(problem)
}

// End completes the record, tells o, and writes the access log. It is deferred, so
// that it also sees requests that ReverseProxy aborts by panic. The client's
// address is asked for only if it is logged.
func (x *Exchange) End(o Observer, log *slog.Logger, client func(*http.Request) string) {
	rec := &x.Record
	if rec.Outcome == "" { // the client left, or a panic is on its way up
		rec.Outcome = Failed
	}
	if rec.Status == 0 {
		rec.Status = statusClientGone
	}
	rec.Took = time.Since(x.Start)
	o.RequestEnded(string(rec.Outcome), rec.Endpoint, rec.Status, rec.Took)
	if ctx := x.Request.Context(); log.Enabled(ctx, slog.LevelInfo) {
		x.log(ctx, log, client(x.Request))
	}
}

// log writes the access record, with the same keys in every profile.
func (x *Exchange) log(ctx context.Context, log *slog.Logger, client string) {
	rec := &x.Record
	log.LogAttrs(ctx, slog.LevelInfo, "request",
		slog.String("method", x.Request.Method), slog.String("uri", x.Request.RequestURI),
		slog.Int("status", rec.Status), slog.String("outcome", string(rec.Outcome)),
		slog.String("detail", rec.Detail), slog.String("endpoint", rec.Endpoint),
		slog.String("key", rec.Key), slog.Duration("took", rec.Took),
		slog.Int64("bytes", rec.Bytes), slog.Int("upstream", rec.Upstream),
		slog.String("client", client))
}

// Peer is the address of the other end of the connection.
func Peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// hasContent reports whether answers with a status have content, and a length
// (RFC 9110 §6.4.1).
func hasContent(status int) bool {
	return status >= http.StatusOK && status != http.StatusNoContent && status != http.StatusNotModified
}
