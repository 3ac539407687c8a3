package upstream

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// What upstream is sent, to the last byte.
func TestGetOnTheWire(t *testing.T) {
	for _, tt := range []struct {
		name  string
		req   Request
		token string
		want  []string // the lines of the request
	}{
		{"anonymous", Request{Path: "/2.3.0/launches/", Query: "limit=5", Accept: "application/json"}, "", []string{
			"GET /2.3.0/launches/?limit=5 HTTP/1.1", "Host: HOST", "User-Agent: perigee/test",
			"Accept: application/json", "Accept-Encoding: gzip", "Connection: close",
		}},
		{"with token", Request{Path: "/2.3.0/pads/", Accept: "text/html"}, "k3y", []string{
			"GET /2.3.0/pads/ HTTP/1.1", "Host: HOST", "User-Agent: perigee/test",
			"Accept: text/html", "Accept-Encoding: gzip", "Authorization: Token k3y", "Connection: close",
		}},
		{"empty Accept", Request{Path: "/"}, "", []string{
			"GET / HTTP/1.1", "Host: HOST", "User-Agent: perigee/test", "Accept: ", "Accept-Encoding: gzip", "Connection: close",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := answering(t, response("200 OK", "", "{}"))
			if _, err := newClient(t, w.url(), Options{Token: tt.token}).Get(t.Context(), tt.req); err != nil {
				t.Fatal(err)
			}
			want := strings.Join(tt.want, "\r\n") + "\r\n\r\n"
			want = strings.Replace(want, "HOST", w.listener.Addr().String(), 1)
			if got := w.head(t); got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func TestBadAcceptIsUnsent(t *testing.T) {
	w := answering(t, response("200 OK", "", ""))
	c := newClient(t, w.url(), Options{})
	_, err := c.Get(t.Context(), Request{Path: "/", Accept: "a\r\nCookie: b"})
	if e := failure(t, err); e.Sent {
		t.Errorf("got %+v", e)
	}
	w.close()
	if _, bytes, _ := w.seen(); bytes != 0 {
		t.Errorf("%d bytes arrived", bytes)
	}
}

func TestAnswerHeader(t *testing.T) {
	const rest = "Content-Type: application/json\r\nVary: Accept\r\nVary: Cookie\r\nX-Empty:\r\n"
	want := http.Header{"Content-Type": {"application/json"}, "Vary": {"Accept", "Cookie"}, "X-Empty": {""}}
	digest := http.Header{"Content-Digest": {"sha-256=:x:"}, "Content-Type": {"text/plain"}}
	for _, tt := range []struct {
		name, response string
		want           http.Header
	}{
		{"length", response("200 OK", rest, "{}"), want},
		{"coding", response("200 OK", gz+"Content-Digest: sha-256=:x:\r\nContent-MD5: x\r\nRepr-Digest: sha-256=:x:\r\n"+rest, zip("{}")), want},
		{"digest of what was not coded", response("200 OK", "Content-Digest: sha-256=:x:\r\nContent-Type: text/plain\r\n", "{}"), digest},
		{"chunks and trailers", chunked("Trailer: X-Sum\r\n"+rest, "{}") + "0\r\nX-Sum: 1\r\n\r\n", want},
		{"cookies", response("200 OK", "Set-Cookie: a=b\r\nset-cookie: c=d\r\nSet-Cookie2: e\r\n"+rest, "{}"), want},
		{"connection", response("200 OK", "Connection: keep-alive, X-Hop\r\nConnection:  x-other ,\r\nX-Hop: 1\r\nX-Other: 2\r\n"+
			"Keep-Alive: timeout=5\r\nProxy-Connection: close\r\nProxy-Authenticate: Basic\r\nTE: trailers\r\nUpgrade: h2c\r\n"+rest, "{}"), want},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := answering(t, tt.response)
			answer, err := newClient(t, w.url(), Options{}).Get(t.Context(), Request{Path: "/"})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(answer.Header, tt.want) {
				t.Errorf("got  %v\nwant %v", answer.Header, tt.want)
			}
		})
	}
}
