package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"perigee/proxy/ll2sim"
)

// TestFewDescriptors: with 64 descriptors, connections took all of them, and pages on
// disk were 502.
func TestFewDescriptors(t *testing.T) {
	t.Parallel()
	const pages = 40
	sim := ll2sim.New(ll2sim.Options{Limit: -1})
	upstream := httptest.NewServer(sim)
	defer upstream.Close()
	environ := []string{
		"PERIGEE_UPSTREAM_URL=" + upstream.URL, "PERIGEE_DATA_DIR=" + t.TempDir(), "PERIGEE_QUOTA=off",
	}
	p := launch(t, environ...)
	p.fetches(t, 0, pages)
	p.kill(t)
	p = launchWith(t, []string{"sh", "-c", `ulimit -n 64; exec "$0" serve`}, environ...)
	defer p.kill(t)
	address := strings.TrimPrefix(p.traffic, "http://")
	var open []net.Conn
	for range 70 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		open = append(open, c)
	}
	for i, c := range open {
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		path := page(i % (pages + 10)) // on disk, and a few that are not
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path)
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			continue // closed for another, as one that asks for nothing may be
		}
		if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("connection %d, %s: got %d", i, path, resp.StatusCode)
		}
	}
	if resp, body := get(t, p.admin+"/livez"); resp.StatusCode != http.StatusOK {
		t.Errorf("livez: got %d %s", resp.StatusCode, body)
	}
	for _, c := range open {
		c.Close()
	}
	p.fetches(t, 0, pages+20)
}
