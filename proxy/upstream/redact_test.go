package upstream

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
)

const secret = "0123456789abcdef0123"

// echoing is an upstream that prints in each way what it was sent, and the token.
func echoing(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html")
		h.Set("X-Echo", "got Token "+secret)
		h.Set("X-"+secret, "1")
		h.Set("Location", "/?next="+secret)
		h.Set("Link", "<"+secret+">; rel=x")
		h.Set("Content-Digest", "sha-256=:abc:")
		h.Set("Trailer", "X-Sum")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "You sent "+r.Header.Get("Authorization")+", and "+secret[:7])
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, secret[7:]+", "+secret+secret[:3])
		h.Set("X-Sum", secret)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// An error page that echoes the request showed the key to every client.
func TestAnswersAreFreeOfTheToken(t *testing.T) {
	c := newClient(t, echoing(t), Options{Token: secret})
	stars := strings.Repeat("*", len(secret))
	check := func(way string, header http.Header, body string, want string) {
		t.Helper()
		if body != want {
			t.Errorf("%s: got %q, want %q", way, body, want)
		}
		for name, values := range header {
			if strings.Contains(strings.ToLower(name+strings.Join(values, " ")), secret) {
				t.Errorf("%s: %s: %q", way, name, values)
			}
		}
		if got := header.Get("X-Echo"); got != "got Token "+stars {
			t.Errorf("%s: X-Echo: %q", way, got)
		}
	}
	answer, err := c.Get(t.Context(), Request{Path: "/2.3.0/"})
	if err != nil {
		t.Fatal(err)
	}
	rest := stars + ", " + stars + secret[:3]
	check("Get", answer.Header, string(answer.Body), "You sent Token "+stars+", and "+rest)
	if answer.Header["Content-Digest"] != nil {
		t.Error("a digest of something else is kept")
	}
	resp, err := c.RoundTrip(outgoing(t, "GET", "/docs/", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	check("RoundTrip", resp.Header, string(body), "You sent , and "+rest)
	if len(resp.Trailer) > 0 {
		t.Errorf("trailers %v", resp.Trailer)
	}
	if report, err := c.Throttle(t.Context()); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("Throttle: %s, %v", report, err)
	}
}

// The length that upstream announced stays true.
func TestRedactionKeepsTheLength(t *testing.T) {
	text := `{"ident":"` + secret + `"}`
	for way, want := range map[string]int{"GET": len(text), "HEAD": 0} {
		w := answering(t, response("200 OK", "", text))
		c := newClient(t, w.url(), Options{Token: secret})
		resp, err := c.RoundTrip(outgoing(t, way, "/api-auth/", http.Header{"Accept-Encoding": {"gzip"}, "Range": {"bytes=0-9"}, "If-Range": {`"a"`}}))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); err != nil || len(body) != want || resp.ContentLength != int64(len(text)) || bytes.Contains(body, []byte(secret)) {
			t.Errorf("%s: got %d %s, %v", way, resp.ContentLength, body, err)
		}
		if head := w.head(t); !strings.Contains(head, "Accept-Encoding: identity\r\n") || strings.Contains(head, "Range") {
			t.Errorf("%s: a part, or a coded body, cannot be searched: %s", way, head)
		}
	}
}

// What cannot be searched does not leave.
func TestWhatCannotBeSearchedIsRefused(t *testing.T) {
	for _, answer := range []string{
		response("200 OK", gz, "coded"), response("206 Partial Content", "Content-Range: bytes 0-4/9\r\n", secret[:5]),
	} {
		c := newClient(t, answering(t, answer).url(), Options{Token: secret})
		resp, err := c.RoundTrip(outgoing(t, "GET", "/docs/", nil))
		if err == nil {
			resp.Body.Close()
		}
		if !errors.Is(err, ErrBadCoding) || !Sent(err) {
			t.Errorf("%.30q: got %v", answer, err)
		}
	}
}

// Errors are logged, and quote what upstream sent.
func TestErrorsAreFreeOfTheToken(t *testing.T) {
	c := newClient(t, answering(t, "HTTP/1.1 "+secret+" OK\r\n\r\n").url(), Options{Token: secret})
	_, err := c.Get(t.Context(), Request{Path: "/"})
	if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "***") || !Sent(err) {
		t.Errorf("got %v", err)
	}
}

// net/http takes a status for one that no server can write again.
func TestAStatusThatIsNoneIsAnError(t *testing.T) {
	for _, status := range []string{"000", "042", "099"} {
		c := newClient(t, answering(t, response(status+" Odd", "", "x")).url(), Options{})
		if _, err := c.Get(t.Context(), Request{Path: "/"}); err == nil || !Sent(err) {
			t.Errorf("Get, %s: %v", status, err)
		}
		resp, err := c.RoundTrip(outgoing(t, "GET", "/", nil))
		if err == nil {
			resp.Body.Close()
			t.Errorf("RoundTrip, %s: %s", status, resp.Status)
		}
	}
}

func TestSpellingsOfTheToken(t *testing.T) {
	const token = `a/b&c"d<e+f\g'h`
	r := newRedactor(token)
	for _, spelling := range []string{
		token, `a%2Fb%26c%22d%3Ce%2Bf%5Cg%27h`, `a/b&amp;c&#34;d&lt;e+f\g&#39;h`, `a/b&c\"d<e+f\\g'h`, `a/b\u0026c\"d\u003ce+f\\g'h`, `a\/b&c\"d<e+f\\g'h`,
	} {
		b := []byte("x" + spelling + "y")
		if want := "x" + strings.Repeat("*", len(spelling)) + "y"; !r.bytes(b) || string(b) != want {
			t.Errorf("%s: got %s", spelling, b)
		}
	}
	if newRedactor("k3y") != nil || newRedactor("") != nil {
		t.Error("a token too short to keep a secret is looked for")
	}
}

// However a body is divided, the token does not get through, and all else does.
func FuzzRedactedBody(f *testing.F) {
	f.Add("abcd", "xabcdabcabcdab", 3, 1)
	f.Add("aabaa", "aabaabaa", 1, 2)
	f.Add("abcabd", "abcabcabd", 4, 5)
	f.Add(secret, strings.Repeat(secret+" ", 2000), 7, 4096)
	f.Fuzz(func(t *testing.T, token, text string, chunk, size int) {
		r := newRedactor(token)
		if r == nil || !visible(token) || chunk < 1 || size < 1 || size > 1<<16 {
			t.Skip()
		}
		want := []byte(text)
		r.bytes(want)
		b := r.body(io.NopCloser(&chunks{text, chunk}))
		var got []byte
		p := make([]byte, size)
		for {
			n, err := b.Read(p)
			got = append(got, p[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(got) != len(text) || bytes.Contains(got, []byte(token)) || len(r.spellings) == 1 && !bytes.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// chunks reads a text in pieces.
type chunks struct {
	text string
	size int
}

func (c *chunks) Read(p []byte) (int, error) {
	if c.text == "" {
		return 0, io.EOF
	}
	n := copy(p, c.text[:min(c.size, len(c.text))])
	c.text = c.text[n:]
	return n, nil
}

// The beginning of the token stays behind when the body is broken off.
func TestABrokenBodyShowsNoBeginningOfTheToken(t *testing.T) {
	broken := errors.New("broken off")
	b := newRedactor(secret).body(io.NopCloser(io.MultiReader(strings.NewReader("text "+secret[:19]), iotest.ErrReader(broken))))
	if got, err := io.ReadAll(b); string(got) != "text " || err != broken {
		t.Errorf("got %q, %v", got, err)
	}
}
