package valkey

import (
	"context"
	"errors"
	"testing"
	"time"

	"perigee/cache/valkey/valkeytest"
	"perigee/proxy/quota"
)

// TestLeaseIsRenewed: a flight takes as long as it takes. Those who follow look
// once for each length of a lease.
func TestLeaseIsRenewed(t *testing.T) {
	s := valkeytest.Start(t)
	const lease = 300 * time.Millisecond
	a, b := flying(t, s.URL(), "a", lease), flying(t, s.URL(), "b", lease)
	l := lead(t, a, "key")
	f := follow(t, b, "key")
	ctx, cancel := context.WithTimeout(t.Context(), 4*lease)
	defer cancel()
	s.Do("CONFIG RESETSTAT")
	if e, err := f.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got (%v, %v), want nothing to happen", e, err)
	}
	if got := calls(t, s, "evalsha"); got < 8 || got > 12+6+2 {
		t.Errorf("the server ran %d scripts, want about 12 to renew and 4 to look", got)
	}
	if err := l.Land(page("key", 0, "body")); err != nil {
		t.Fatal(err)
	}
	wantEvents(t, f, Event{Kind: Landed})
}

// TestLeaseSurvivesRestart: the server has forgotten it, and the leader takes it
// again before anybody else does.
func TestLeaseSurvivesRestart(t *testing.T) {
	s := valkeytest.Start(t)
	const lease = 300 * time.Millisecond
	a := flying(t, s.URL(), "a", lease)
	l := lead(t, a, "key")
	s.Restart()
	await(t, "take it again", func() bool { return s.Do("EXISTS "+a.names.lease("key")) == "1" })
	f := follow(t, flying(t, s.URL(), "b", lease), "key")
	if err := l.Land(page("key", 0, "body")); err != nil {
		t.Fatal(err)
	}
	wantEvents(t, f, Event{Kind: Landed})
}

// TestPausedLeader: one that stood still past its lease cannot replace what a
// later flight has landed.
func TestPausedLeader(t *testing.T) {
	s := valkeytest.Start(t)
	const lease = 300 * time.Millisecond
	network := valkeytest.NewPartition(t, s.Addr())
	a, b := flying(t, network.URL(), "a", lease), flying(t, s.URL(), "b", lease)
	early, slow := lead(t, a, "key"), lead(t, a, "slow")
	f, g := follow(t, b, "key"), follow(t, b, "slow")
	network.Cut()
	wantEvents(t, f, Event{Kind: Over})
	wantEvents(t, g, Event{Kind: Over})
	if err := lead(t, b, "key").Land(page("key", 0, "later")); err != nil {
		t.Fatal(err)
	}
	other := lead(t, b, "slow") // which does not land
	network.Heal()
	await(t, "be back", func() bool { return a.Stats().Up })
	if err := early.Land(page("key", 0, "early")); !errors.Is(err, ErrFenced) {
		t.Errorf("got error %v, want ErrFenced", err)
	}
	wantBody(t, a.Tier(), "key", "later")
	await(t, "find that the lease is another's", func() bool {
		slow.mu.Lock()
		defer slow.mu.Unlock()
		return slow.lost
	})
	// What was fetched is not lost if nothing later has landed.
	if err := slow.Land(page("slow", 0, "early")); err != nil {
		t.Errorf("got error %v", err)
	}
	wantBody(t, b.Tier(), "slow", "early")
	if got := s.Do("EXISTS " + a.names.lease("slow")); got != "1" {
		t.Error("landing ended another's lease")
	}
	if err := other.Land(page("slow", 0, "later")); err != nil {
		t.Errorf("got error %v", err)
	}
	wantBody(t, a.Tier(), "slow", "later")
}

// TestWaitersReachTheLeader also when they come before it wants to know.
func TestWaitersReachTheLeader(t *testing.T) {
	s := valkeytest.Start(t)
	a, b := flying(t, s.URL(), "a", long), flying(t, s.URL(), "b", long)
	l := lead(t, a, "key")
	soon := time.Now().Add(5 * time.Second)
	follow(t, a, "key", quota.Waiter{Client: "here"})
	f := follow(t, b, "key", quota.Waiter{Client: "x", Priority: quota.Holding, Deadline: soon}, quota.Waiter{Client: "y"})
	await(t, "hear of the first", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.unheard) == 2
	})
	joined := make(chan quota.Waiter, 10)
	l.OnJoin(func(w quota.Waiter) { joined <- w })
	f.Join(quota.Waiter{Client: "z", Priority: quota.Refresh, Deadline: soon})
	x, y, z := <-joined, <-joined, <-joined
	if x.Client != "x" || x.Priority != quota.Holding || y.Client != "y" || z.Client != "z" || z.Priority != quota.Refresh {
		t.Errorf("got %+v, %+v, %+v", x, y, z)
	}
	if x.Deadline.Sub(soon).Abs() > 3*time.Second || !y.Deadline.IsZero() {
		t.Errorf("got the deadlines %v and %v, want about %v and none", x.Deadline, y.Deadline, soon)
	}
}

// TestCloseGivesUp: a replica that ends does not hold the others up.
func TestCloseGivesUp(t *testing.T) {
	s := valkeytest.Start(t)
	a, b := flying(t, s.URL(), "a", long), flying(t, s.URL(), "b", long)
	lead(t, a, "key")
	f := follow(t, b, "key")
	a.Close()
	wantEvents(t, f, Event{Kind: Over})
	lead(t, b, "key")
	g := follow(t, b, "key")
	b.Close()
	wantEvents(t, g, Event{Kind: Over})
}
