package upstream

import (
	"context"
	"math"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// base parses a URL that a test relies on.
func base(tb testing.TB, s string) *url.URL {
	tb.Helper()
	u, err := url.Parse(s)
	if err != nil {
		tb.Fatal(err)
	}
	return u
}

func TestNewRefuses(t *testing.T) {
	good := base(t, "https://upstream.test/")
	for _, tt := range []struct {
		name    string
		options Options
		want    string
	}{
		{"no base", Options{}, "upstream: no BaseURL"},
		{"scheme", Options{BaseURL: base(t, "ftp://upstream.test")}, `upstream: invalid BaseURL: scheme "ftp", want http or https`},
		{"no scheme", Options{BaseURL: base(t, "//upstream.test")}, `upstream: invalid BaseURL: scheme "", want http or https`},
		{"no host", Options{BaseURL: base(t, "http:///")}, "upstream: invalid BaseURL: no host"},
		{"port alone", Options{BaseURL: base(t, "http://:80")}, "upstream: invalid BaseURL: no host"},
		{"credentials", Options{BaseURL: base(t, "http://a:s3cret@upstream.test")}, "upstream: invalid BaseURL: user information"},
		{"path", Options{BaseURL: base(t, "http://upstream.test/api/")}, "upstream: invalid BaseURL: goes on after the host"},
		{"query", Options{BaseURL: base(t, "http://upstream.test/?a=b")}, "upstream: invalid BaseURL: goes on after the host"},
		{"empty query", Options{BaseURL: base(t, "http://upstream.test/?")}, "upstream: invalid BaseURL: goes on after the host"},
		{"fragment", Options{BaseURL: base(t, "http://upstream.test/#a")}, "upstream: invalid BaseURL: goes on after the host"},
		{"token with a line end", Options{BaseURL: good, Token: "s3cret\n"}, "upstream: invalid Token: spaces, control characters or characters beyond ASCII"},
		{"token with its scheme", Options{BaseURL: good, Token: "Token s3cret"}, "upstream: invalid Token: spaces, control characters or characters beyond ASCII"},
		{"user agent", Options{BaseURL: good, UserAgent: "a\r\nb"}, `upstream: invalid UserAgent "a\r\nb": control characters or characters beyond ASCII`},
		{"timeout", Options{BaseURL: good, Timeout: -1}, "upstream: negative Timeout, ConnectTimeout or PassTimeout"},
		{"connect timeout", Options{BaseURL: good, ConnectTimeout: -1}, "upstream: negative Timeout, ConnectTimeout or PassTimeout"},
		{"pass timeout", Options{BaseURL: good, PassTimeout: -1}, "upstream: negative Timeout, ConnectTimeout or PassTimeout"},
		{"concurrency", Options{BaseURL: good, PassConcurrency: -1}, "upstream: negative PassConcurrency, PassBurst or PassRate"},
		{"burst", Options{BaseURL: good, PassBurst: -1}, "upstream: negative PassConcurrency, PassBurst or PassRate"},
		{"rate", Options{BaseURL: good, PassRate: math.NaN()}, "upstream: negative PassConcurrency, PassBurst or PassRate"},
		{"body", Options{BaseURL: good, MaxBody: -1}, "upstream: invalid MaxBody -1: not within 0 and 1099511627776"},
		{"body without bound", Options{BaseURL: good, MaxBody: math.MaxInt64}, "upstream: invalid MaxBody 9223372036854775807: not within 0 and 1099511627776"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New(tt.options)
			if err == nil {
				t.Fatalf("got a client %v", c.options.BaseURL)
			}
			if err.Error() != tt.want {
				t.Errorf("got %q, want %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Error("the error holds a secret")
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	// The one client that dials as it would in earnest; the address is this machine's.
	w := answering(t, response("200 OK", "", "{}"))
	c, err := New(Options{BaseURL: base(t, w.url())})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Get(t.Context(), Request{Path: "/"}); err != nil {
		t.Fatal(err)
	}
	if got := w.head(t); !strings.Contains(got, "\r\nUser-Agent: perigee\r\n") {
		t.Errorf("sent %q", got)
	}
	o := c.options
	if o.Timeout != 20*time.Second || o.ConnectTimeout != 5*time.Second || o.PassTimeout != 2*time.Minute {
		t.Errorf("timeouts %v, %v, %v", o.Timeout, o.ConnectTimeout, o.PassTimeout)
	}
	if o.MaxBody != 32<<20 || o.PassConcurrency != 8 || o.PassRate != 10 || o.PassBurst != 40 {
		t.Errorf("bounds %v, %v, %v, %v", o.MaxBody, o.PassConcurrency, o.PassRate, o.PassBurst)
	}
}

func TestConnectTimeout(t *testing.T) {
	c := newClient(t, nowhere, Options{
		ConnectTimeout: time.Millisecond, Timeout: time.Hour,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/static/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"Get":       func() error { _, err := c.Get(t.Context(), Request{Path: "/"}); return err },
		"RoundTrip": func() error { _, err := c.RoundTrip(req); return err },
	} {
		if e := failure(t, call()); e.Sent || e.Op != "connect" {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}

// A dial ends with its request: with an upstream that does not answer at all, dials
// would pile up.
func TestADialEndsWithItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dialling atomic.Int32
		c := newClient(t, nowhere, Options{
			Timeout: time.Second, ConnectTimeout: time.Hour,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				dialling.Add(1)
				defer dialling.Add(-1)
				<-ctx.Done()
				return nil, ctx.Err()
			},
		})
		for range 50 {
			go func() { _, _ = c.Get(t.Context(), Request{Path: "/"}) }()
		}
		for range 5 {
			ctx, leave := context.WithTimeout(t.Context(), time.Second)
			defer leave()
			req := outgoing(t, "GET", "/", nil).WithContext(ctx)
			go func() {
				if resp, err := c.RoundTrip(req); err == nil {
					resp.Body.Close()
				}
			}()
		}
		synctest.Wait()
		if n := dialling.Load(); n != 55 {
			t.Errorf("%d dials are under way, want 55", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := dialling.Load(); n > 0 {
			t.Errorf("%d dials have outlived their requests", n)
		}
	})
}
