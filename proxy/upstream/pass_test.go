package upstream

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"reflect"
	"strings"
	"testing"
	"time"
)

// outgoing returns a request as ReverseProxy would hand it over.
func outgoing(t *testing.T, method, target string, header http.Header) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	return req
}

// stranger is a header that would tell upstream, and strangers, about a client.
func stranger() http.Header {
	h := http.Header{}
	for _, name := range []string{
		"Cookie", "Authorization", "Proxy-Authorization", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host",
		"X-Forwarded-Proto", "X-Real-Ip", "Cf-Connecting-Ip", "True-Client-Ip", "Via", "Origin", "Referer", "Accept-Language",
		"User-Agent", "Host", "From", "X-Api-Key", "X-Request-Id", "Traceparent", "Sec-Ch-Ua", "Dnt",
		"Connection", "Upgrade", "Te", "Expect", "Content-Type", "Cache-Control", "Idempotency-Key",
	} {
		h[name] = []string{"client"}
	}
	return h
}

func TestRoundTripOnTheWire(t *testing.T) {
	cached := http.Header{
		"Accept": {"text/css", "*/*;q=0.1"}, "Accept-Encoding": {"br, gzip"}, "If-None-Match": {`"a"`}, "If-Match": {"*"},
		"If-Modified-Since": {"Mon, 23 Nov 2026 12:00:00 GMT"}, "If-Unmodified-Since": {"Mon, 23 Nov 2026 12:00:00 GMT"},
		"If-Range": {`"a"`}, "Range": {"bytes=0-9"},
	}
	for _, tt := range []struct {
		name, method, target string
		header               http.Header
		want                 []string
	}{
		{"nothing of the client", "GET", "/static/a.css?v=1", stranger(), []string{
			"GET /static/a.css?v=1 HTTP/1.1", "Host: HOST", "User-Agent: perigee/test",
			"Accept-Encoding: identity", "Connection: close",
		}},
		{"what it accepts and has cached", "HEAD", "/docs/", cached, []string{
			"HEAD /docs/ HTTP/1.1", "Host: HOST", "User-Agent: perigee/test", "Accept: text/css", "Accept: */*;q=0.1",
			"Accept-Encoding: br, gzip", `If-Match: *`, "If-Modified-Since: Mon, 23 Nov 2026 12:00:00 GMT", `If-None-Match: "a"`,
			`If-Range: "a"`, "If-Unmodified-Since: Mon, 23 Nov 2026 12:00:00 GMT", "Range: bytes=0-9", "Connection: close",
		}},
		{"empty Accept-Encoding", "GET", "/", http.Header{"Accept-Encoding": {""}}, []string{
			"GET / HTTP/1.1", "Host: HOST", "User-Agent: perigee/test", "Accept-Encoding: ", "Connection: close",
		}},
		{"paths as they are", "GET", "http://client.test//a%2Fb/./c?&&x=%zz#frag", nil, []string{
			"GET //a%2Fb/./c?&&x=%zz HTTP/1.1", "Host: HOST", "User-Agent: perigee/test", "Accept-Encoding: identity", "Connection: close",
		}},
		{"question mark alone", "GET", "http://user:pw@client.test/a?", nil, []string{
			"GET /a? HTTP/1.1", "Host: HOST", "User-Agent: perigee/test", "Accept-Encoding: identity", "Connection: close",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := answering(t, response("200 OK", "", ""))
			c := newClient(t, w.url(), Options{Token: "k3y"})
			req := outgoing(t, tt.method, tt.target, tt.header)
			before := req.Clone(t.Context())
			resp, err := c.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			want := strings.Join(tt.want, "\r\n") + "\r\n\r\n"
			want = strings.Replace(want, "HOST", w.listener.Addr().String(), 1)
			if got := w.head(t); got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
			if !reflect.DeepEqual(req.Header, before.Header) || !reflect.DeepEqual(req.URL, before.URL) || resp.Request != req {
				t.Error("the caller's request was changed")
			}
		})
	}
}

// The body is handed on as it comes, coded as it came, and no longer than it is
// asked for.
func TestRoundTripStreams(t *testing.T) {
	more := make(chan struct{})
	w := newWire(t, func(p *peer) {
		_, _ = p.request()
		p.answer(chunked(gz+"Set-Cookie: a=b\r\nKeep-Alive: 5\r\nETag: \"x\"\r\n", "first"))
		<-more
		p.answer("4\r\nlast\r\n0\r\n\r\n")
		p.drain()
	})
	var notes notebook
	c := newClient(t, w.url(), Options{Observer: &notes})
	resp, err := c.RoundTrip(outgoing(t, "GET", "/static/", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if want := (http.Header{"Content-Encoding": {"gzip"}, "Etag": {`"x"`}}); !reflect.DeepEqual(resp.Header, want) {
		t.Errorf("header %v, want %v", resp.Header, want)
	}
	if want := []observed{{"outside", 200}}; !reflect.DeepEqual(notes.notes, want) {
		t.Errorf("observed %v, want %v", notes.notes, want)
	}
	first := make([]byte, 5)
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "first" {
		t.Errorf("got %q, %v", first, err)
	}
	close(more)
	if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "last" {
		t.Errorf("got %q, %v", rest, err)
	}
}

func TestRoundTripRefuses(t *testing.T) {
	w := answering(t, response("200 OK", "", ""))
	c := newClient(t, w.url(), Options{})
	for _, tt := range []struct{ method, target string }{
		{"POST", "/static/"}, {"OPTIONS", "/"}, {"", "/"}, {"CONNECT", "/"},
		{"GET", "mailto:a@b"}, {"GET", "?a"}, {"GET", "/?a b"},
	} {
		req := outgoing(t, "GET", tt.target, nil)
		req.Method = tt.method
		body := &closer{Reader: strings.NewReader("x")}
		req.Body = body
		_, err := c.RoundTrip(req)
		if e := failure(t, err); e.Sent || e.Op != "prepare" {
			t.Errorf("%s %s: got %+v", tt.method, tt.target, e)
		}
		if !body.closed {
			t.Errorf("%s %s: the body was not closed", tt.method, tt.target)
		}
	}
	w.close()
	if _, _, conns := w.seen(); conns != 0 {
		t.Errorf("%d connections", conns)
	}
}

// closer is a body that knows whether it was closed.
type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }

func TestRoundTripBodyOfRequestIsDropped(t *testing.T) {
	w := answering(t, response("200 OK", "", ""))
	req := outgoing(t, "GET", "/", nil)
	req.Body, req.ContentLength = io.NopCloser(strings.NewReader("hello")), 5
	resp, err := newClient(t, w.url(), Options{}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	w.close()
	if _, bytes, _ := w.seen(); bytes != len(w.heads[0]) || strings.Contains(w.heads[0], "Content-Length") {
		t.Errorf("%d bytes arrived of %q", bytes, w.heads[0])
	}
}

// A status below 100 made net/http panic, and a client without conditions was given
// a 304.
func TestWhatIsNoResponse(t *testing.T) {
	for response, want := range map[string]error{
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n": errSwitched,
		"HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n":                                errStatus,
		"HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n":                                 errStatus,
		"HTTP/1.1 304 Not Modified\r\n\r\n":                                             errUnasked,
	} {
		c := newClient(t, answering(t, response).url(), Options{})
		_, err := c.RoundTrip(outgoing(t, "GET", "/", nil))
		if e := failure(t, err); !e.Sent || !errors.Is(err, want) {
			t.Errorf("%.13s: got %+v", response, e)
		}
		_, err = c.Get(t.Context(), Request{Path: "/"})
		if e := failure(t, err); !e.Sent || !errors.Is(err, want) {
			t.Errorf("%.13s to Get: got %+v", response, e)
		}
	}
}

// An upstream that stops in the middle does not hold a slot for ever: silence ends the
// request, or somebody who needs the slot.
func TestRoundTripStalls(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"silence":   {Timeout: soon},
		"gives way": {PassTimeout: time.Nanosecond, PassConcurrency: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t, func(p *peer) {
				_, _ = p.request()
				p.answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel")
				_, _ = io.Copy(io.Discard, p.reader)
			})
			c := newClient(t, w.url(), o)
			resp, err := c.RoundTrip(outgoing(t, "GET", "/", nil))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			want := ErrTimeout
			if o.PassConcurrency == 1 {
				want = context.Canceled
				acquire(t, c.limiter)()
			}
			if _, err := io.ReadAll(resp.Body); !errors.Is(classify(t.Context(), err), want) {
				t.Errorf("got %v", err)
			}
			if got := len(c.limiter.slots); got != 0 {
				t.Errorf("%d slots are taken after the end", got)
			}
		})
	}
}

// Each way in which a request can end releases its slot.
func TestRoundTripReleasesItsSlot(t *testing.T) {
	whole := response("200 OK", "", strings.Repeat("x", 1<<20))
	for _, tt := range []struct {
		name, response string
		read           func(io.ReadCloser) error
	}{
		{"closed unread", whole, io.ReadCloser.Close},
		{"read to its end", whole, func(b io.ReadCloser) error { _, err := io.Copy(io.Discard, b); return err }},
		{"cut", whole[:1<<19], func(b io.ReadCloser) error {
			if _, err := io.Copy(io.Discard, b); !errors.Is(err, io.ErrUnexpectedEOF) {
				return errors.New("the cut was not noticed")
			}
			return nil
		}},
		{"no response", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := answering(t, tt.response)
			c := newClient(t, w.url(), Options{PassConcurrency: 1})
			for range 3 {
				resp, err := c.RoundTrip(outgoing(t, "GET", "/", nil))
				if (err == nil) != (tt.read != nil) {
					t.Fatalf("got %v", err)
				}
				if err == nil {
					if got := len(c.limiter.slots); got != 1 {
						t.Errorf("%d slots taken within the body, want 1", got)
					}
					if err := tt.read(resp.Body); err != nil {
						t.Error(err)
					}
				}
				if got := len(c.limiter.slots); got != 0 {
					t.Fatalf("%d slots are taken after the end", got)
				}
				if err == nil {
					resp.Body.Close() // once more: it must not release a slot of another's
				}
			}
		})
	}
}

func TestRoundTripOverTheRate(t *testing.T) {
	w := answering(t, response("200 OK", "", ""))
	var notes notebook
	c := newClient(t, w.url(), Options{PassRate: 0.001, PassBurst: 2, Observer: &notes})
	for range 2 {
		resp, err := c.RoundTrip(outgoing(t, "GET", "/", nil))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	_, err := c.RoundTrip(outgoing(t, "GET", "/", nil))
	busy, ok := errors.AsType[*BusyError](err)
	if !ok || busy.RetryAfter <= 0 || busy.RetryAfter > 1000*time.Second {
		t.Errorf("got %v", err)
	}
	// What the API is asked for has other bounds.
	if _, err := c.Get(t.Context(), Request{Path: "/"}); err != nil {
		t.Error(err)
	}
	if got := len(notes.notes); got != 3 {
		t.Errorf("%d requests were observed, want 3", got)
	}
}

// The whole way: a browser, ReverseProxy, RoundTrip, upstream.
func TestRoundTripBehindReverseProxy(t *testing.T) {
	w := answering(t, "HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=b\r\n\r\n"+
		chunked("Content-Type: text/css\r\nSet-Cookie: a=b\r\nTrailer: X-Sum\r\n", "body{}")+"0\r\nX-Sum: 1\r\n\r\n")
	c := newClient(t, w.url(), Options{Token: "k3y"})
	front := httptest.NewServer(&httputil.ReverseProxy{
		Transport: c,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetXForwarded() },
	})
	defer front.Close()
	conn, err := dialLoopback(context.Background(), "tcp", front.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /static/a.css HTTP/1.1\r\nHost: h\r\nCookie: c=d\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || string(body) != "body{}" || resp.Trailer.Get("X-Sum") != "1" {
		t.Errorf("got %d %q %v, %v", resp.StatusCode, body, resp.Trailer, err)
	}
	if got := resp.Header["Set-Cookie"]; got != nil {
		t.Errorf("cookies %v", got)
	}
	if got := w.head(t); strings.Contains(got, "Cookie") || strings.Contains(got, "Forwarded") || strings.Contains(got, "k3y") {
		t.Errorf("sent %q", got)
	}
}
