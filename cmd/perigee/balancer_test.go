package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"perigee/cache/valkey/valkeytest"
	"perigee/proxy/ll2sim"
)

// asked is how many requests for a target the replica has answered, as its access
// log tells.
func (p *perigee) asked(target string) int {
	return strings.Count(p.stderr.String(), "uri="+target+" ")
}

func allAsked(replicas []*process, target string) (n int) {
	for _, r := range replicas {
		n += r.asked(target)
	}
	return n
}

// The replicated form of deploy/, without its containers: whoever is asked, through
// the load balancer that is shipped, it costs one request. A replica that dies is
// not noticed.
func TestReplicasBehindTheBalancer(t *testing.T) {
	t.Parallel()
	sim := ll2sim.New(ll2sim.Options{})
	replicas := launchFleet(t, valkeytest.Start(t), sim, 3).replicas
	balancer := startBalancer(t, replicas)

	const many = 30
	askAtOnce(t, many, balancer+page(0))
	await(t, "the access logs", func() bool { return allAsked(replicas, page(0)) == many })
	for i, r := range replicas {
		if r.asked(page(0)) == 0 {
			t.Errorf("replica %d has answered nothing", i)
		}
		if strings.Contains(r.stderr.String(), forgedClient) {
			t.Errorf("replica %d believes whom a client claims to be:\n%s", i, r.stderr)
		}
	}
	replicas[0].kill(t)
	askAtOnce(t, many, balancer+page(0))
	if got := sim.Requests().Billed; got != 1 {
		t.Errorf("upstream was asked %d times for one page", got)
	}
}

// What a client may claim of itself, and the load balancer does not pass on.
const (
	forgedClient = "192.0.2.66"
	forgedHost   = "elsewhere.example"
)

// askAtOnce has many clients ask, each of which must get the page with links that
// lead back to where it asked.
func askAtOnce(t *testing.T, many int, url string) {
	t.Helper()
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			status, body, err := ask(t, url)
			if err != nil || status != http.StatusOK || !strings.Contains(body, url) {
				t.Errorf("%s: %d %v %.200s", url, status, err, body)
			}
		})
	}
	all.Wait()
}

// startBalancer runs HAProxy with the file of deploy/, and returns its address. It is
// handed the sockets that it listens on.
func startBalancer(t *testing.T, replicas []*process) string {
	t.Helper()
	apps, appsFile := listenFor(t)
	health, healthFile := listenFor(t)
	path := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(path, []byte(balancerConfig(t, replicas)), 0o600); err != nil {
		t.Fatal(err)
	}
	startProgram(t, []*os.File{appsFile, healthFile}, "haproxy", "-db", "-f", path)
	await(t, "the load balancer", func() bool {
		resp, err := http.Get("http://" + health)
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
	return "http://" + apps
}

// listenFor listens on behalf of a program that is handed the file.
func listenFor(t *testing.T) (address string, file *os.File) {
	t.Helper()
	l, err := net.Listen("tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // the file is another name of the same socket
	if file, err = l.(*net.TCPListener).File(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return l.Addr().String(), file
}

// balancerConfig is the file of deploy/ with other addresses, and with replicas
// that are named one by one: there is no name server here to find them.
func balancerConfig(t *testing.T, replicas []*process) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "replicated", "haproxy.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	config := string(text)
	var servers []string
	for i, r := range replicas {
		_, port, err := net.SplitHostPort(strings.TrimPrefix(r.admin, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		servers = append(servers, fmt.Sprintf("server perigee%d %s port %s", i+1, strings.TrimPrefix(r.traffic, "http://"), port))
	}
	for _, tt := range []struct{ shipped, here string }{
		{`bind :8080\n`, "bind fd@3\n"}, // the first file that it is handed
		{`bind 127\.0\.0\.1:8082\n`, "bind fd@4\n"},
		{`server-template perigee 10 perigee:8080 port 8081 resolvers docker init-addr none\n`, strings.Join(servers, "\n    ") + "\n"},
	} {
		re := regexp.MustCompile(tt.shipped)
		if n := len(re.FindAllString(config, -1)); n != 1 {
			t.Fatalf("haproxy.cfg has %s %d times, want it once", tt.shipped, n)
		}
		config = re.ReplaceAllString(config, tt.here)
	}
	return config
}

// ask is get for goroutines, by a client that claims to be another one.
func ask(t *testing.T, url string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("X-Forwarded-For", forgedClient)
	req.Header.Set("X-Forwarded-Host", forgedHost)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}
