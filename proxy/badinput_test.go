package proxy_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"perigee/proxy"
)

// wire sends bytes as they are and reads one answer.
func wire(t *testing.T, r *rig, raw string) answered {
	t.Helper()
	conn, err := net.Dial("tcp", r.proxy.Listener.Addr().String())
	must(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, raw)
	must(t, err)
	method, _, _ := strings.Cut(raw, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return answered{resp.StatusCode, resp.Header, string(body)}
}

func TestBadInputIsRefusedAndCostsNothing(t *testing.T) {
	r := newRig(t, rigOptions{})
	const tail = " HTTP/1.1\r\nHost: perigee.test\r\nConnection: close\r\n"
	many := strings.Repeat("a=1&", 1001)
	for _, tt := range []struct {
		name, raw string
		status    int
		detail    string // part of the problem's detail; "": refused by net/http, before there is a request
	}{
		{"unknown method", "BREW /2.3.0/spacecraft/" + tail + "\r\n", 405, `Method "BREW" not allowed. Allowed are GET, HEAD, OPTIONS.`},
		{"POST", "POST /2.3.0/spacecraft/" + tail + "Content-Length: 0\r\n\r\n", 405, `Method "POST" not allowed.`},
		{"over-long target", "GET /2.3.0/spacecraft/?search=" + strings.Repeat("x", 9000) + tail + "\r\n", 414, "8192 are allowed"},
		{"fragment", "GET /2.3.0/spacecraft/?a#b" + tail + "\r\n", 400, "written %23"},
		{"too many parameters", "GET /2.3.0/spacecraft/?" + many + tail + "\r\n", 400, "1000"},
		{"large body", "GET /2.3.0/spacecraft/" + tail + "Content-Length: 70000\r\n\r\n" + strings.Repeat("x", 70000), 413, "has a large body"},
		{"large body of unknown length", "GET /2.3.0/spacecraft/" + tail + "Transfer-Encoding: chunked\r\n\r\n11170\r\n" + strings.Repeat("x", 70000) + "\r\n0\r\n\r\n", 413, "has a large body"},
		{"malformed body", "GET /2.3.0/spacecraft/" + tail + "Transfer-Encoding: chunked\r\n\r\nhi\r\n", 400, "malformed"},
		{"preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/1.1"},
		{"URL without a path", "GET http://perigee.test" + tail + "\r\n", 400, "begin with a slash"},
		{"asterisk", "GET *" + tail + "\r\n", 400, "neither a path"},
		{"authority", "GET perigee.test:80" + tail + "\r\n", 400, "neither a path"},
		{"URL of something else", "GET ftp://perigee.test/2.3.0/spacecraft/" + tail + "\r\n", 400, "neither a path"},
		{"backslash in the path", "GET /2.3.0/x\\N/" + tail + "\r\n", 400, "must be escaped"},
		{"raw bytes in the path", "GET /2.3.0/\xc3\xbc/" + tail + "\r\n", 400, "must be escaped"},
		{"raw bytes in a path outside the API", "GET /\xff" + tail + "\r\n", 400, "must be escaped"},
		{"no Host, with links that lead to it", "GET /2.3.0/spacecraft/ HTTP/1.0\r\n\r\n", 400, "no Host field"},
		{"host that would end a JSON string", "GET /2.3.0/spacecraft/ HTTP/1.1\r\nHost: a'b\r\nConnection: close\r\n\r\n", 400, "Host field"},
		{"over-long Accept", "GET /2.3.0/spacecraft/" + tail + "Accept: " + strings.Repeat("a/b, ", 300) + "\r\n\r\n", 400, "Accept field"},
		{"control character in the target", "GET /2.3.0/space\x01craft/" + tail + "\r\n", 400, ""},
		{"space in the target", "GET /2.3.0/spacecraft/?a b" + tail + "\r\n", 400, ""},
		{"broken percent escape in the path", "GET /2.3.0/%zz/" + tail + "\r\n", 400, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := wire(t, r, tt.raw)
			if got.status != tt.status {
				t.Fatalf("status %d, want %d: %s", got.status, tt.status, got.body)
			}
			if tt.detail == "" {
				return
			}
			if media := got.header.Get("Content-Type"); media != "application/problem+json" {
				t.Errorf("Content-Type %q", media)
			}
			var p struct {
				Status int
				Detail string
			}
			must(t, json.Unmarshal([]byte(got.body), &p))
			if p.Status != tt.status || !strings.Contains(p.Detail, tt.detail) {
				t.Errorf("problem %+v, want detail with %q", p, tt.detail)
			}
			if tt.status == 405 && got.header.Get("Allow") != "GET, HEAD, OPTIONS" {
				t.Errorf("Allow %q", got.header.Get("Allow"))
			}
		})
	}
	if got := r.billed(); got != 0 {
		t.Errorf("bad input cost %d requests", got)
	}
}

// Some HTTP libraries send content with every GET. Django does not read it.
func TestContentOfAGETIsIgnored(t *testing.T) {
	r := newRig(t, rigOptions{})
	const head = "GET /2.3.0/spacecraft/?limit=1 HTTP/1.1\r\nHost: perigee.test\r\nConnection: close\r\n"
	want := wire(t, r, head+"\r\n")
	for name, rest := range map[string]string{
		"a few bytes":              "Content-Length: 2\r\n\r\n{}",
		"empty, of unknown length": "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"a few, of unknown length": "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	} {
		got := wire(t, r, head+rest)
		if got.status != 200 || got.body != want.body {
			t.Errorf("%s: %d %.200s", name, got.status, got.body)
		}
	}
	if got := wire(t, r, strings.Replace(head, "/2.3.0/spacecraft/?limit=1", "/docs/", 1)+"Content-Length: 2\r\n\r\n{}"); got.status != 200 {
		t.Errorf("outside the API: %d %.200s", got.status, got.body)
	}
	if got := r.billed(); got != 1 {
		t.Errorf("upstream was asked %d times", got)
	}
}

// Old probes and microcontrollers speak HTTP/1.0 and send no Host.
func TestAHostIsNotNeededWhereLinksDoNotLeadToIt(t *testing.T) {
	for name, adjust := range map[string]func(*proxy.Options){
		"PublicURL": func(o *proxy.Options) { o.PublicURL = mustURL(t, "https://public.example") },
		"KeepLinks": func(o *proxy.Options) { o.KeepLinks = true },
	} {
		r := newRig(t, rigOptions{adjust: adjust})
		if got := wire(t, r, "GET /2.3.0/spacecraft/ HTTP/1.0\r\n\r\n"); got.status != 200 {
			t.Errorf("%s: %d %.200s", name, got.status, got.body)
		}
		if got := wire(t, r, "GET /2.3.0/spacecraft/ HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n"); got.status != 400 {
			t.Errorf("%s, an empty Host of HTTP/1.1: %d %.200s", name, got.status, got.body)
		}
	}
}

// What the framework refuses before it counts is refused here in its own words.
func TestWhatNobodyAcceptsCostsNothing(t *testing.T) {
	r := newRig(t, rigOptions{})
	for _, tt := range []struct {
		target, accept string
		status         int
		body           string
	}{
		{"/2.3.0/spacecraft/", "application/xml", 406, `{"detail":"Could not satisfy the request Accept header."}`},
		{"/2.3.0/spacecraft/", "not a media type", 406, `{"detail":"Could not satisfy the request Accept header."}`},
		{"/2.3.0/spacecraft/7/?format=json", "text/html", 406, `{"detail":"Could not satisfy the request Accept header."}`},
		{"/2.3.0/spacecraft/?format=xml", "*/*", 404, `{"detail":"Not found."}`},
	} {
		got := r.get(tt.target, "Accept", tt.accept)
		if got.status != tt.status || got.body != tt.body {
			t.Errorf("%s as %s: %d %s, want %d %s", tt.target, tt.accept, got.status, got.body, tt.status, tt.body)
		}
		if total := r.sim.Requests().Billed; total != 0 {
			t.Errorf("%s as %s: upstream was asked", tt.target, tt.accept)
		}
	}
}

func TestOptionsNeverGoUpstream(t *testing.T) {
	r := newRig(t, rigOptions{})
	for _, target := range []string{"/2.3.0/spacecraft/", "/docs/", "/2.3.0/nope/"} {
		got := send(t, http.MethodOptions, r.proxy.URL+target)
		if got.status != http.StatusNoContent || got.header.Get("Allow") != "GET, HEAD, OPTIONS" || got.body != "" {
			t.Errorf("OPTIONS %s: %d, Allow %q, %q", target, got.status, got.header.Get("Allow"), got.body)
		}
	}
	if got := wire(t, r, "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); got.status != 200 && got.status != 204 {
		t.Errorf("OPTIONS *: %d", got.status)
	}
	if got := r.sim.Requests().Total; got > 1 { // the throttle report at the start
		t.Errorf("upstream saw %d requests", got)
	}
}

func TestPreflightsAreAnsweredHere(t *testing.T) {
	r := newRig(t, rigOptions{})
	got := send(t, http.MethodOptions, r.proxy.URL+"/2.3.0/launches/upcoming/",
		"Origin", "https://app.example", "Access-Control-Request-Method", "GET",
		"Access-Control-Request-Headers", "authorization,content-type")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":  "*",
		"Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
		"Access-Control-Max-Age":       "86400",
	} {
		if have := got.header.Get(name); have != want {
			t.Errorf("%s: %q, want %q", name, have, want)
		}
	}
	if have := got.header.Get("Access-Control-Allow-Headers"); !strings.Contains(have, "Authorization") || !strings.Contains(have, "Content-Type") {
		t.Errorf("Access-Control-Allow-Headers: %q", have)
	}
	if got := r.billed(); got != 0 {
		t.Errorf("a preflight cost %d requests", got)
	}
}
