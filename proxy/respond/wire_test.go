package respond_test

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"perigee/proxy/respond"
)

// The tests of this file look at what is on the wire, between a client, a Forwarder
// and an upstream with real sockets.

// forwarding is a server that forwards everything to upstream, and where it listens.
func forwarding(t *testing.T, upstream http.HandlerFunc) (address string) {
	t.Helper()
	up := httptest.NewServer(upstream)
	t.Cleanup(up.Close)
	base, err := url.Parse(up.URL)
	if err != nil {
		t.Fatal(err)
	}
	f := respond.NewForwarder(
		func(p *httputil.ProxyRequest) { p.SetURL(base) },
		func(_ *respond.Exchange, out *http.Request) (*http.Response, error) {
			return http.DefaultTransport.RoundTrip(out)
		},
		func(x *respond.Exchange, err error) {
			x.SendProblem(&respond.Problem{Status: 502, Detail: err.Error()})
		},
		log.New(io.Discard, "", 0),
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := respond.NewExchange(w, r)
		f.Forward(&x, &x)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func dial(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// A client that has shut its own side while it waits got a 200 with an empty body,
// which it had to take for the answer.
func TestAClientThatShutItsSideIsNotToldThatAllIsWell(t *testing.T) {
	arrived, left := make(chan struct{}), make(chan struct{})
	address := forwarding(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(left)
	})
	conn := dial(t, address)
	fmt.Fprintf(conn, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
	<-arrived
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	<-left
	if got, _ := io.ReadAll(conn); len(got) > 0 {
		t.Errorf("the client reads %q", got)
	}
}

// An interim answer was relayed with the fields of the connection to upstream.
func TestAnInterimAnswerKeepsBackWhatIsOfTheConnection(t *testing.T) {
	address := forwarding(t, func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Link", "</style.css>; rel=preload")
		h.Set("Connection", "X-Hop")
		h.Set("X-Hop", "1")
		h.Set("Keep-Alive", "timeout=5")
		h.Set("Proxy-Authenticate", "Basic")
		w.WriteHeader(http.StatusEarlyHints)
		for name := range h {
			h.Del(name)
		}
		fmt.Fprint(w, "done")
	})
	conn := dial(t, address)
	fmt.Fprintf(conn, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	answer, _ := io.ReadAll(conn)
	interim, rest, _ := strings.Cut(string(answer), "\r\n\r\n")
	if interim != "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload" {
		t.Errorf("the interim answer is %q", interim)
	}
	if !strings.HasPrefix(rest, "HTTP/1.1 200 OK") || strings.Contains(rest, "Hop") {
		t.Errorf("then comes %q", rest)
	}
}

// Where upstream sent no Content-Type, net/http guessed one from the body.
func TestNoContentTypeIsInvented(t *testing.T) {
	address := forwarding(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		fmt.Fprint(w, "<!doctype html><title>looks like HTML</title>")
	})
	resp, err := http.Get("http://" + address + "/x")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, ok := resp.Header["Content-Type"]; ok {
		t.Errorf("Content-Type is %q", got)
	}
	for _, write := range []func(x *respond.Exchange){
		func(x *respond.Exchange) { x.Send(http.StatusOK, respond.Bytes("<!doctype html>")) },
		func(x *respond.Exchange) { _, _ = x.Write([]byte("<!doctype html>")) },
	} {
		w := httptest.NewRecorder()
		x := respond.NewExchange(w, httptest.NewRequest(http.MethodGet, "/", nil))
		write(&x)
		if got := w.Result().Header.Values("Content-Type"); len(got) > 0 {
			t.Errorf("Content-Type is %q", got)
		}
	}
}

// What a client sent right behind an upgrade request, as WebSocket clients may,
// was read with the request and lost.
func TestBytesBehindAnUpgradeArrive(t *testing.T) {
	address := forwarding(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		got := make([]byte, len("early, late"))
		_, _ = io.ReadFull(buffered, got)
		fmt.Fprintf(conn, "got %s", got)
	})
	conn := dial(t, address)
	fmt.Fprintf(conn, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly, ")
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", resp, err)
	}
	fmt.Fprint(conn, "late")
	if got, _ := io.ReadAll(r); string(got) != "got early, late" {
		t.Errorf("upstream says %q", got)
	}
}
