package app_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// load is clients that ask one after the other until nobody listens any more.
type load struct {
	t        *testing.T
	address  string
	answered atomic.Int32
	told     atomic.Int32 // with "Connection: close", though the client would have gone on
	enough   func()       // called once, when much was answered
}

const request = "GET /x HTTP/1.1\r\nHost: perigee.test\r\n"

// ask sends one request and reads the answer. net/http's own client would repeat it.
func (l *load) ask(c net.Conn, r *bufio.Reader, head string) (last bool, err error) {
	if _, err := io.WriteString(c, head+"\r\n"); err != nil {
		return false, err
	}
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != 200 || string(body) != "hello") {
		err = errors.New(resp.Status + ": " + string(body))
	}
	if l.answered.Add(1) == 3000 {
		l.enough()
	}
	return resp.Close, err
}

// connections asks on one connection after the other, most times on each.
func (l *load) connections(most int) {
	for {
		c, err := net.Dial("tcp", l.address)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return // which is no request: another replica gets it
		}
		if err != nil {
			l.t.Errorf("a connection fails: %v", err)
			return
		}
		r, head, last := bufio.NewReader(c), request, false
		for n := 1; n <= most && !last; n++ {
			if n == most {
				head += "Connection: close\r\n"
			}
			if last, err = l.ask(c, r, head); err != nil {
				l.t.Errorf("request %d of a connection fails: %v", n, err)
				c.Close()
				return
			}
			if last && n < most {
				l.told.Add(1)
			}
		}
		c.Close()
	}
}

// SIGTERM under load: requests on kept connections and on new ones saw resets.
func TestNoRequestFailsWhenItEnds(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=600")
		_, _ = io.WriteString(w, "hello")
	}))
	defer upstream.Close()
	a, log := started(t, settings(t, "PERIGEE_PROFILE=http", "PERIGEE_SHUTDOWN_DELAY=300ms", "PERIGEE_UPSTREAM_URL="+upstream.URL))
	go func() {
		for range log { // access records, which would fill it
		}
	}()
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, nil) }()
	l := &load{t: t, address: strings.TrimPrefix(a.TrafficURL(), "http://"), enough: end}
	var clients sync.WaitGroup
	for range 6 {
		clients.Go(func() { l.connections(1_000_000) })
		clients.Go(func() { l.connections(1) })
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	clients.Wait()
	t.Logf("%d requests were answered, %d of them were told to go elsewhere", l.answered.Load(), l.told.Load())
	if l.told.Load() < 6 {
		t.Error("clients with kept connections were not told")
	}
}
