package httpcache_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"perigee/cache"
	"perigee/proxy/httpcache"
)

// wired puts a Handler and an upstream on real sockets, for what only they show.
func wired(t *testing.T, upstream http.HandlerFunc) (base string, client *http.Client) {
	t.Helper()
	origin := httptest.NewServer(upstream)
	t.Cleanup(origin.Close)
	u, err := url.Parse(origin.URL)
	must(t, err)
	store, err := cache.NewMemory(cache.MemoryOptions{})
	must(t, err)
	h, err := httpcache.New(httpcache.Options{UpstreamURL: u, Store: store})
	must(t, err)
	front := httptest.NewServer(h)
	t.Cleanup(func() { front.Close(); h.Close(); store.Close() })
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return front.URL, &http.Client{Transport: transport}
}

func fetch(t *testing.T, c *http.Client, ctx context.Context, url string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	must(t, err)
	resp, err := c.Do(req)
	must(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp, string(body)
}

func TestInterimResponsesAreForwardedAndNeverKept(t *testing.T) {
	base, client := wired(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = io.WriteString(w, "hello")
	})
	for i, want := range []int32{1, 0} {
		var hints atomic.Int32
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
				if code == http.StatusEarlyHints && h.Get("Link") != "" {
					hints.Add(1)
				}
				return nil
			},
		})
		resp, body := fetch(t, client, ctx, base+"/")
		if resp.StatusCode != 200 || body != "hello" || resp.Header.Get("Link") != "" || hints.Load() != want {
			t.Errorf("request %d: %d %q, Link %q, %d hints, want %d",
				i, resp.StatusCode, body, resp.Header.Get("Link"), hints.Load(), want)
		}
	}
}

func TestTrailersPass(t *testing.T) {
	for _, announced := range []bool{true, false} {
		base, client := wired(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			name := http.TrailerPrefix + "Checksum"
			if announced {
				w.Header().Set("Trailer", "Checksum")
				name = "Checksum"
			}
			_, _ = io.WriteString(w, "hello")
			w.(http.Flusher).Flush()
			w.Header().Set(name, "42")
		})
		for range 2 {
			resp, body := fetch(t, client, t.Context(), base+"/")
			if body != "hello" || resp.Trailer.Get("Checksum") != "42" {
				t.Errorf("announced %t: %q, trailer %v", announced, body, resp.Trailer)
			}
			if got := resp.Header.Get("Cache-Status"); !strings.HasSuffix(got, "detail=trailers") {
				t.Errorf("announced %t: Cache-Status %q", announced, got)
			}
		}
	}
}

func TestFieldsOfTheConnectionStayBehind(t *testing.T) {
	base, client := wired(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Secret") + r.Header.Get("X-Forwarded-For") + r.Header.Get("Forwarded"); got != "" {
			t.Errorf("upstream got %q", got)
		}
		if got := strings.Join(r.Header["Via"], ", "); got != "1.0 other, 1.1 perigee" {
			t.Errorf("Via %q", got)
		}
		w.Header().Set("Cache-Control", "max-age=60")
		w.Header().Set("Connection", "Private")
		w.Header().Set("Private", "1")
		w.Header().Set("Keep-Alive", "timeout=5")
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/", nil)
	must(t, err)
	for name, value := range map[string]string{
		"Connection": "Secret", "Secret": "1", "X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1", "Via": "1.0 other",
	} {
		req.Header.Set(name, value)
	}
	for range 2 {
		resp, err := client.Do(req)
		must(t, err)
		resp.Body.Close()
		if resp.Header.Get("Private") != "" || resp.Header.Get("Keep-Alive") != "" {
			t.Errorf("got %v", resp.Header)
		}
	}
}

// Who announces trailers may be streaming: nothing is held back until the end.
func TestAnnouncedTrailersAreNotWaitedFor(t *testing.T) {
	seen := make(chan struct{})
	base, client := wired(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		w.Header().Set("Trailer", "Checksum")
		_, _ = io.WriteString(w, "a")
		w.(http.Flusher).Flush()
		select {
		case <-seen:
		case <-r.Context().Done():
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/", nil)
	must(t, err)
	resp, err := client.Do(req)
	must(t, err)
	defer resp.Body.Close()
	_, err = resp.Body.Read(make([]byte, 1))
	must(t, err)
	close(seen)
}

// An upstream that closes a connection which was kept makes net/http send a
// request again. It must not do so with one that may change something, whatever
// the client calls it.
func TestUnsafeRequestsAreSentOnce(t *testing.T) {
	var posts atomic.Int32
	base, client := wired(t, func(w http.ResponseWriter, _ *http.Request) {
		if posts.Add(1) == 1 {
			return // and keep the connection
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	})
	for _, want := range []int{http.StatusOK, http.StatusBadGateway} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/", nil)
		must(t, err)
		req.Header.Set("Idempotency-Key", `"1"`)
		resp, err := client.Do(req)
		must(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		must(t, err)
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("got %d, want %d", resp.StatusCode, want)
		}
	}
	if posts.Load() != 2 {
		t.Errorf("upstream got %d posts, want 2", posts.Load())
	}
}

func TestRequestBodiesPass(t *testing.T) {
	base, client := wired(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	})
	resp, err := client.Post(base+"/", "text/plain", strings.NewReader("hello"))
	must(t, err)
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "hello" {
		t.Errorf("got %q, %v", body, err)
	}
}
