package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// asked are the targets that an upstream was asked for.
type asked struct {
	mu      sync.Mutex // guards targets
	targets []string
}

func (a *asked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	a.mu.Lock()
	a.targets = append(a.targets, r.Method+" "+r.RequestURI)
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}")
}

// smuggled is what would be a request if a body were read as one. It is cacheable, and
// would be another's answer.
const smuggled = "GET /2.3.0/smuggled/ HTTP/1.1\r\nHost: a\r\n\r\n"

// shapes are requests of which two servers may see different ends. VERB is the method.
func shapes() map[string]string {
	const begin = "VERB /2.3.0/agencies/ HTTP/1.1\r\nHost: a\r\n"
	n := len(smuggled)
	length := fmt.Sprintf("Content-Length: %d\r\n", n)
	chunk := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", n, smuggled)
	return map[string]string{
		"a body":                        begin + length + "\r\n" + smuggled,
		"a chunk":                       begin + "Transfer-Encoding: chunked\r\n\r\n" + chunk,
		"both, the length first":        begin + length + "Transfer-Encoding: chunked\r\n\r\n" + chunk,
		"both, the coding first":        begin + "Transfer-Encoding: chunked\r\n" + length + "\r\n" + chunk,
		"both, a length of four":        begin + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk,
		"a folded coding":               begin + "Transfer-Encoding:\r\n chunked\r\n" + length + "\r\n" + chunk,
		"a coding in capitals":          begin + "Transfer-Encoding: CHUNKED\r\n" + length + "\r\n" + chunk,
		"a coding after a tab":          begin + "Transfer-Encoding:\tchunked\r\n" + length + "\r\n" + chunk,
		"a blank before the colon":      begin + "Transfer-Encoding : chunked\r\n" + length + "\r\n" + smuggled,
		"an unknown coding":             begin + "Transfer-Encoding: xchunked\r\n" + length + "\r\n" + smuggled,
		"identity":                      begin + "Transfer-Encoding: identity\r\n" + length + "\r\n" + smuggled,
		"chunked twice":                 begin + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunk,
		"chunked, then more":            begin + "Transfer-Encoding: chunked, identity\r\n\r\n" + chunk,
		"a coding behind a bare LF":     begin + "X: y\nTransfer-Encoding: chunked\r\n" + length + "\r\n" + chunk,
		"a coding behind a bare CR":     begin + "X: y\rTransfer-Encoding: chunked\r\n" + length + "\r\n" + smuggled,
		"lines that end in LF":          strings.ReplaceAll(begin+length, "\r", "") + "\n" + smuggled,
		"two lengths":                   begin + "Content-Length: 0\r\n" + length + "\r\n" + smuggled,
		"a list of lengths":             begin + fmt.Sprintf("Content-Length: %d, 0\r\n\r\n", n) + smuggled,
		"a length with a sign":          begin + fmt.Sprintf("Content-Length: +%d\r\n\r\n", n) + smuggled,
		"a length that is negative":     begin + "Content-Length: -1\r\n\r\n" + smuggled,
		"a length too large":            begin + "Content-Length: 18446744073709551616\r\n\r\n" + smuggled,
		"a size of a chunk that wraps":  begin + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n" + smuggled,
		"a size with a sign":            begin + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("+%x\r\n%s\r\n0\r\n\r\n", n, smuggled),
		"a size with 0x":                begin + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("0x%x\r\n%s\r\n0\r\n\r\n", n, smuggled),
		"an extension with a bare LF":   begin + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x;a\nb\r\n%s\r\n0\r\n\r\n", n, smuggled),
		"chunks that end in LF":         begin + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\n%s\n0\n\n", n, smuggled),
		"trailers that are a request":   begin + "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n0\r\nX: " + strings.TrimSuffix(smuggled, "\r\n") + "\r\n",
		"HTTP/1.0 with a coding":        strings.Replace(begin, "1.1", "1.0", 1) + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk,
		"HTTP/1.0 with both":            strings.Replace(begin, "1.1", "1.0", 1) + "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n" + length + "\r\n" + smuggled,
		"100-continue that is not sent": begin + length + "Expect: 100-continue\r\n\r\n" + smuggled,
		"an upgrade to h2c":             begin + length + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n" + smuggled,
		"a first line of two":           "VERB /2.3.0/agencies/\r\nX: HTTP/1.1\r\nHost: a\r\n" + length + "\r\n" + smuggled,
		"a name that is folded":         begin + " Content-Length: 0\r\n" + length + "\r\n" + smuggled,
		"a NUL in a field":              begin + "X: a\x00b\r\n" + length + "\r\n" + smuggled,
	}
}

// exchange sends bytes and reads what comes until the connection ends or nothing more
// comes to what was sent.
func exchange(t *testing.T, base, text string) (answers int, closed bool) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	// Half closed: a server that waits for more learns that there is none.
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(c)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%.60q: no end", text)
	}
	for r := bufio.NewReader(bytes.NewReader(all)); ; {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return answers, closed
		}
		if resp.StatusCode >= http.StatusOK {
			answers++
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		closed = closed || resp.Close
	}
}

// Nothing of a body ever reaches upstream as a request, however the end of the body is
// disguised, and the connection ends where another server may have seen another end.
func TestNothingOfABodyIsARequest(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"ll2", "http"} {
		var up asked
		server := httptest.NewServer(&up)
		defer server.Close()
		p := serveHere(t, "PERIGEE_PROFILE="+profile, "PERIGEE_UPSTREAM_URL="+server.URL, "PERIGEE_QUOTA=off", "PERIGEE_DATA_DIR=off")
		for name, shape := range shapes() {
			for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "OPTIONS"} {
				answers, closed := exchange(t, p.traffic, strings.Replace(shape, "VERB", method, 1))
				if answers > 1 {
					t.Errorf("%s, %s, %s: %d answers", profile, method, name, answers)
				}
				if answers > 0 && !closed && strings.Contains(shape, "Transfer-Encoding") {
					t.Errorf("%s, %s, %s: the connection is kept", profile, method, name)
				}
			}
		}
		up.mu.Lock()
		for _, target := range up.targets {
			if strings.Contains(target, "smuggled") {
				t.Errorf("%s: upstream was asked for %s", profile, target)
			}
		}
		if profile == "http" && len(up.targets) < 10 {
			t.Errorf("upstream was asked for %q alone", up.targets)
		}
		up.mu.Unlock()
	}
}
