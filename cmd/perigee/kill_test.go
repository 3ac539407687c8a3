package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/proxy/ll2sim"
)

// received is what clients have got whole, by path.
type received struct {
	mu     sync.Mutex // guards bodies
	bodies map[string]string
}

func (r *received) note(path, body string) (sofar int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies[path] = body
	return len(r.bodies)
}

// asksUntilKilled has a client ask for one thing after the other, until nobody
// answers any more.
func (r *received) asksUntilKilled(p *process, paths []string, got func(sofar int)) {
	for _, path := range paths {
		resp, err := http.Get(p.traffic + path)
		if err != nil {
			return
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return
		}
		if resp.StatusCode == http.StatusOK {
			got(r.note(path, string(body)))
		}
	}
}

// paths are objects, and pages of lists, that nobody has asked for before.
func paths(round, client int) []string {
	var all []string
	for n := range 20 {
		i := round*100 + client*20 + n
		all = append(all, page(i), fmt.Sprintf("/2.3.0/launches/?limit=5&offset=%d&search=round%d", n, i))
	}
	return all
}

// The process is killed at any moment while it fetches, stores and answers. What a
// client has got whole is answered again after, to the letter, and upstream is not
// asked for it.
func TestWhatWasAnsweredSurvivesAKillAtAnyMoment(t *testing.T) {
	t.Parallel()
	const rounds, clients = 10, 4
	sim := ll2sim.New(ll2sim.Options{Limit: -1, Latency: func() time.Duration { return rand.N(4 * time.Millisecond) }})
	upstream := httptest.NewServer(sim)
	defer upstream.Close()
	environ := []string{
		"PERIGEE_UPSTREAM_URL=" + upstream.URL, "PERIGEE_DATA_DIR=" + t.TempDir(), "PERIGEE_QUOTA=1000/1h",
		"PERIGEE_PUBLIC_URL=http://perigee.test",
	}
	all := 0
	for round := range rounds {
		p := launch(t, environ...)
		got := received{bodies: make(map[string]string)}
		deadly, kill := 1+rand.IntN(40), make(chan struct{})
		var once sync.Once
		var asking sync.WaitGroup
		for client := range clients {
			asking.Go(func() {
				got.asksUntilKilled(p, paths(round, client), func(sofar int) {
					if sofar >= deadly {
						once.Do(func() { close(kill) })
					}
				})
			})
		}
		<-kill
		p.kill(t)
		asking.Wait()
		wantAnsweredAgain(t, launch(t, environ...), sim, got.bodies)
		all += len(got.bodies)
	}
	t.Logf("%d answers over %d kills, each given again", all, rounds)
}

// wantAnsweredAgain checks each answer against what is cached, and ends the process.
func wantAnsweredAgain(t *testing.T, p *process, sim *ll2sim.Server, bodies map[string]string) {
	t.Helper()
	defer p.kill(t)
	asked := sim.Requests().Billed
	for path, want := range bodies {
		resp, body := get(t, p.traffic+path)
		if status := resp.Header.Get("Cache-Status"); resp.StatusCode != http.StatusOK || !strings.Contains(status, ";hit;") || body != want {
			t.Errorf("%s: got %d, %s and %.80s, want %.80s", path, resp.StatusCode, status, body, want)
		}
	}
	if got := sim.Requests().Billed; got != asked {
		t.Errorf("upstream was asked %d times for what was answered before", got-asked)
	}
}
