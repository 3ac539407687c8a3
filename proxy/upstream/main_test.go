package upstream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain makes sure that no test can reach beyond this machine, neither through
// net/http's default transport nor through a resolver or a forward proxy, and that
// no goroutine outlives the tests.
func TestMain(m *testing.M) {
	http.DefaultTransport.(*http.Transport).DialContext = dialLoopback
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("tests must not ask a name server")
	}}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"} {
		os.Unsetenv(name)
		os.Unsetenv(strings.ToLower(name))
	}
	goleak.VerifyTestMain(m)
}

// dialLoopback refuses every address but this machine's.
func dialLoopback(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("tests must not dial %s", address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

func TestDefaultDialerIsGuarded(t *testing.T) {
	resp, err := http.Get("http://192.0.2.1/")
	if err == nil {
		resp.Body.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "tests must not dial 192.0.2.1:80") {
		t.Errorf("got %v", err)
	}
}

// newClient returns a client of base that can only dial this machine.
func newClient(t *testing.T, base string, o Options) *Client {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	o.BaseURL = u
	if o.DialContext == nil {
		o.DialContext = dialLoopback
	}
	if o.UserAgent == "" {
		o.UserAgent = "perigee/test"
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// nowhere refuses connections: nobody may listen on a port that low but root, and
// port 1 is of a protocol that nobody speaks any more.
const nowhere = "http://127.0.0.1:1"

// soon is the timeout of tests that wait for one to pass. It is long enough for
// what must happen before, on a machine with much else to do.
const soon = 500 * time.Millisecond

// failure returns the *Error in err, and fails the test if there is none.
func failure(t *testing.T, err error) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("got error %v (%T), want an *Error", err, err)
	}
	return e
}
