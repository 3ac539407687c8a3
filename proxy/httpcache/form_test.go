package httpcache_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"perigee/proxy/httpcache"
	"perigee/proxy/respond"
)

// raw sends bytes as they are and reads one answer.
func raw(t *testing.T, base, text string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	must(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, text)
	must(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp, string(body)
}

// What is no HTTP request reaches upstream as one, a Host that is none stands in links.
func TestRequestsOfNoFormAreRefused(t *testing.T) {
	var asked atomic.Int32
	base, _ := wired(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	const tail = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	for text, status := range map[string]int{
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": 505,
		"PRI /" + tail:                     505, "GET *" + tail: 400, "GET a:80" + tail: 400, "GET ftp://a/" + tail: 400,
		"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n": 400, "GET / HTTP/1.1\r\nHost: ]\r\n\r\n": 400,
		"GET / HTTP/1.1\r\nHost: a]b\r\n\r\n": 400, "POST / HTTP/1.1\r\nHost: :80\r\nContent-Length: 0\r\n\r\n": 400,
		"GET / HTTP/1.1\r\nHost:\r\n\r\n": 400, "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n": 405,
	} {
		if resp, body := raw(t, base, text); resp.StatusCode != status {
			t.Errorf("%q: got %d %s, want %d", text, resp.StatusCode, body, status)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("upstream was asked %d times", n)
	}
}

// Of HTTP/1.0 no Host is needed, and an empty path is that of the root (RFC 9110,
// section 4.2.3).
func TestUnusualFormsAreForwarded(t *testing.T) {
	base, _ := wired(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) })
	for text, want := range map[string]string{
		"GET /a HTTP/1.0\r\n\r\n": "/a",
		"GET http://a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":   "/",
		"GET HTTP://a/b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n": "/b",
	} {
		if resp, body := raw(t, base, text); resp.StatusCode != 200 || body != want {
			t.Errorf("%q: got %d %s, want %s", text, resp.StatusCode, body, want)
		}
	}
}

// A GET whose body turns out to be empty was never answered from the cache. One with
// content means what upstream knows, and gets there whole.
func TestAGETWithAnEmptyChunkedBodyIsAGET(t *testing.T) {
	var asked atomic.Int32
	base, _ := wired(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Cache-Control", "max-age=60")
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, "got "+string(body))
	})
	const head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
	for range 2 {
		if _, body := raw(t, base, head+"0\r\n\r\n"); body != "got " {
			t.Errorf("got %q", body)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("upstream was asked %d times for what it lets be kept", n)
	}
	if _, body := raw(t, base, head+"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"); body != "got hello" {
		t.Errorf("got %q", body)
	}
}

// counting is an Observer of panics.
type counting struct {
	httpcache.Observer
	panics int
}

func (c *counting) PanicRecovered()                                 { c.panics++ }
func (*counting) RequestStarted()                                   {}
func (*counting) RequestEnded(_, _ string, _ int, _ time.Duration)  {}
func (*counting) UpstreamAnswered(_ string, _ int, _ time.Duration) {}

func TestAPanicIsAnAnswerAndIsCounted(t *testing.T) {
	seen := new(counting)
	r := newRig(t, httpcache.Options{Observer: seen}, func(http.ResponseWriter, *http.Request) { panic("a defect") })
	r.want(r.do(t.Context(), http.MethodPost, "/a"), 500, string((&respond.Problem{Status: 500, Detail: "The proxy has a defect, which it has logged."}).Body()), "detail=panic")
	if seen.panics != 1 {
		t.Errorf("%d panics were counted", seen.panics)
	}
}
