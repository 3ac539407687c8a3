package valkey

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/valkey/valkeytest"
	"perigee/proxy/quota"
)

// long is a lease that does not run out while a test runs.
const long = 10 * time.Minute

// flying returns a client whose leases are that long.
func flying(t testing.TB, url, name string, lease time.Duration) *Client {
	t.Helper()
	return reached(t, Options{URL: url, Replica: name, Lease: lease})
}

func lead(t testing.TB, c *Client, key cache.Key) *Lease {
	t.Helper()
	l, f, err := c.Board(t.Context(), key, nil)
	if err != nil || l == nil || f != nil {
		t.Fatalf("got (%v, %v, %v), want the lease", l, f, err)
	}
	t.Cleanup(l.Close)
	return l
}

func follow(t testing.TB, c *Client, key cache.Key, who ...quota.Waiter) *Follow {
	t.Helper()
	l, f, err := c.Board(t.Context(), key, who)
	if err != nil || l != nil || f == nil {
		t.Fatalf("got (%v, %v, %v), want to follow", l, f, err)
	}
	t.Cleanup(f.Close)
	return f
}

// wantEvents takes events until one is the last, and compares them.
func wantEvents(t testing.TB, f *Follow, want ...Event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var got []Event
	for {
		e, err := f.Next(ctx)
		if err != nil {
			t.Fatalf("got %v, then %v", got, err)
		}
		if got = append(got, e); e.Kind != Left {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got events %v, want %v", got, want)
	}
	if e, err := f.Next(ctx); !errors.Is(err, ErrEnded) {
		t.Errorf("after the last event: got (%v, %v), want ErrEnded", e, err)
	}
}

func TestFlightLands(t *testing.T) {
	s := valkeytest.Start(t)
	a, b := flying(t, s.URL(), "a", long), flying(t, s.URL(), "b", long)
	l := lead(t, a, "key")
	elsewhere, here := follow(t, b, "key"), follow(t, a, "key")
	l.Left()
	if e, err := elsewhere.Next(t.Context()); err != nil || e.Kind != Left {
		t.Errorf("got (%v, %v), want it to have left", e, err)
	}
	late := follow(t, b, "key") // after the message
	e := page("key", 0, "body")
	if err := l.Land(e); err != nil {
		t.Fatal(err)
	}
	wantEvents(t, elsewhere, Event{Kind: Landed})
	for _, f := range []*Follow{here, late} {
		wantEvents(t, f, Event{Kind: Left}, Event{Kind: Landed})
	}
	wantBody(t, b.Tier(), "key", "body")
	puts := a.Stats().Puts
	mustPut(t, a.Tier(), e)
	if got := a.Stats().Puts; got != puts {
		t.Error("what has landed was sent again")
	}
	l.Close()
	lead(t, b, "key") // the next flight
	if got := s.Do("EXISTS " + a.names.lease("key")); got != "1" {
		t.Error("closing a lease that has landed ended another's")
	}
}

func TestFlightFails(t *testing.T) {
	s := valkeytest.Start(t)
	a, b := flying(t, s.URL(), "a", long), flying(t, s.URL(), "b", long)
	l := lead(t, a, "key")
	f := follow(t, b, "key")
	l.Fail("upstream is down", 90*time.Second)
	wantEvents(t, f, Event{Failed, "upstream is down", 90 * time.Second})
	l = lead(t, b, "key")
	f = follow(t, a, "key")
	l.Close()
	wantEvents(t, f, Event{Kind: Over})
	if err := l.Land(page("key", 0, "body")); err != nil {
		t.Errorf("land after Close: got error %v", err)
	}
	wantMissing(t, a.Tier(), "key")
	if err := lead(t, a, "key").Land(page("other", 0, "body")); !errors.Is(err, cache.ErrInvalid) {
		t.Errorf("land under another key: got error %v, want ErrInvalid", err)
	}
}

// TestOneLeads has many board at once. All but one are told by messages: the
// server is asked for nothing but what each of them does once.
func TestOneLeads(t *testing.T) {
	s := valkeytest.Start(t)
	const each = 50
	var clients []*Client
	for _, name := range []string{"a", "b", "c"} {
		clients = append(clients, flying(t, s.URL(), name, long))
	}
	s.Do("CONFIG RESETSTAT")
	var all, boarded sync.WaitGroup
	var led, landed atomic.Int32
	boarded.Add(each * len(clients))
	for _, c := range clients {
		for range each {
			all.Go(func() {
				l, f, err := c.Board(t.Context(), "key", nil)
				boarded.Done()
				switch {
				case err != nil:
					t.Error(err)
				case l != nil:
					led.Add(1)
					boarded.Wait()
					l.Left()
					if err := l.Land(page("key", 0, "body")); err != nil {
						t.Error(err)
					}
				default:
					defer f.Close()
					wantEvents(t, f, Event{Kind: Left}, Event{Kind: Landed})
					landed.Add(1)
				}
			})
		}
	}
	all.Wait()
	boards := int32(each * len(clients))
	if led.Load() != 1 || landed.Load() != boards-1 {
		t.Errorf("got %d leaders and %d told that it landed, want 1 and %d", led.Load(), landed.Load(), boards-1)
	}
	// A script that a server does not have is sent a second time, in full, by
	// those that were told so.
	if got, want := calls(t, s, "evalsha"), boards+2; got != want {
		t.Errorf("the server ran %d scripts, want %d", got, want)
	}
	if got := calls(t, s, "publish"); got != 2 {
		t.Errorf("got %d messages, want 2", got)
	}
}

// calls returns how often the server did something.
func calls(t *testing.T, s *valkeytest.Server, command string) int32 {
	t.Helper()
	for line := range strings.Lines(s.Do("INFO commandstats")) {
		rest, ok := strings.CutPrefix(line, "cmdstat_"+command+":calls=")
		if !ok {
			continue
		}
		number, _, _ := strings.Cut(rest, ",")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		return int32(n)
	}
	return 0
}

// TestTurns has many want the lease, one after the other.
func TestTurns(t *testing.T) {
	s := valkeytest.Start(t)
	clients := []*Client{flying(t, s.URL(), "a", long), flying(t, s.URL(), "b", long), flying(t, s.URL(), "c", long)}
	var all sync.WaitGroup
	var leaders atomic.Int32
	for i := range 30 {
		all.Go(func() {
			for c := clients[i%len(clients)]; ; {
				l, f, err := c.Board(t.Context(), "key", nil)
				if err != nil {
					t.Error(err)
					return
				}
				if l != nil {
					if n := leaders.Add(1); n != 1 {
						t.Errorf("got %d leaders at once", n)
					}
					leaders.Add(-1)
					l.Close()
					return
				}
				wantEvents(t, f, Event{Kind: Over})
				f.Close()
			}
		})
	}
	all.Wait()
}

// TestForeignMessages: what is not understood is not for this version.
func TestForeignMessages(t *testing.T) {
	s := valkeytest.Start(t)
	a, b := flying(t, s.URL(), "a", long), flying(t, s.URL(), "b", long)
	l := lead(t, a, "key")
	f := follow(t, b, "key")
	for _, payload := range []string{
		`garbage`, `{}`, `[]`, `null`, `{"kind":7}`, `{"kind":"next","key":"a2V5"}`, `{"kind":"landed"}`,
		`{"kind":"landed","key":"a2V5"}`, `{"kind":"landed","key":"a2V5","flight":"other"}`, `{"kind":"landed","key":7}`,
		`{"kind":"join","key":"a2V5","waiters":[{"priority":-1}]}`, `{"kind":"purged"}`, strings.Repeat("x", maxMessage+1),
	} {
		s.Do("PUBLISH " + a.names.news() + " '" + payload + "'")
	}
	if err := l.Land(page("key", 0, "body")); err != nil {
		t.Fatal(err)
	}
	wantEvents(t, f, Event{Kind: Landed})
	if got := b.Stats(); got.Losses+got.Resubscribed != 0 {
		t.Errorf("got %+v, want no loss", got)
	}
}
