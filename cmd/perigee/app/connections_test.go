package app_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// Connections that asked for nothing used up the descriptors, and then nobody was
// answered, nor was /livez.
func TestConnectionsThatAskForNothingKeepNobodyOut(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(arrived)
			<-release
		}
		_, _ = io.WriteString(w, "hello")
	}))
	defer upstream.Close()
	a, log := started(t, settings(t, "PERIGEE_PROFILE=http", "PERIGEE_UPSTREAM_URL="+upstream.URL, "PERIGEE_MAX_CONNECTIONS=8"))
	defer a.Close()
	go func() {
		for range log { // access records, which would fill it
		}
	}()
	address := strings.TrimPrefix(a.TrafficURL(), "http://")
	dial := func(address string) net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	answer := func(c net.Conn, path string) {
		t.Helper()
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 {
			t.Errorf("%s: %d %s, %v", path, resp.StatusCode, body, err)
		}
	}
	ask := func(c net.Conn, path string) {
		t.Helper()
		if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Error(err)
		}
	}
	working := dial(address)
	ask(working, "/slow")
	<-arrived
	var waiting []net.Conn
	for n := range 20 {
		c := dial(address)
		waiting = append(waiting, c)
		if n%2 == 0 { // else it never sends anything
			ask(c, "/a")
			answer(c, "/a")
		}
	}
	for range 30 {
		dial(strings.TrimPrefix(a.AdminURL(), "http://"))
	}
	last, probe := dial(address), dial(strings.TrimPrefix(a.AdminURL(), "http://"))
	ask(last, "/b")
	answer(last, "/b")
	ask(probe, "/livez")
	answer(probe, "/livez")
	for n, c := range waiting[:10] { // more than there may be
		if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("connection %d is still open: %v", n, err)
		}
	}
	close(release)
	answer(working, "/slow")
}
