package quota

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestEqualParts holds that one fetch is paid by all who waited for it, once each,
// whenever they came and however often they asked.
func TestEqualParts(t *testing.T) {
	d := newHarness(t, 15, limits{})
	w := d.request(Waiting, 0, "a", "b", "b")
	d.ask(w, d.now)
	late := &Waiter{Client: "c"}
	d.join(w, late, d.now)
	d.leave(w, late, d.now) // it was sent for nobody else by then, but did wait
	if got, want := fmt.Sprint(d.top(9, d.now)), "[{a 0.5} {b 0.5}]"; got != want {
		t.Errorf("under way: %s, want %s", got, want)
	}
	d.answered(w, w.slot, d.now, d.now)
	if got, want := fmt.Sprint(d.top(9, d.now)), "[{a 0.333333} {b 0.333333} {c 0.333333}]"; got != want {
		t.Errorf("done: %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(d.top(1, d.now)), "[{a 0.333333}]"; got != want {
		t.Errorf("the top one: %s, want %s", got, want)
	}
	d.now = d.now.Add(time.Hour + margin)
	if got := d.top(9, d.now); len(got) != 0 {
		t.Errorf("an hour later: %v", got)
	}
}

// TestManyClients has 20,000 addresses ask, alone and all for one page: what is
// remembered is bounded, and forgotten in the end.
func TestManyClients(t *testing.T) {
	const many = 20_000
	d := newHarness(t, 15, limits{reserve: 1})
	crowd := d.request(Waiting, time.Minute, "first")
	d.ask(crowd, d.now)
	for i := range many {
		d.join(crowd, &Waiter{Client: fmt.Sprintf("joiner-%d", i)}, d.now)
	}
	d.answered(crowd, crowd.slot, d.now, d.now)
	for i := range many {
		d.try(Waiting, fmt.Sprintf("client-%d", i))
		d.now = d.now.Add(10 * time.Millisecond)
	}
	d.decided = nil
	spenders := 14 + maxCharged
	if got := len(d.usage.accounts); got > maxUnspent+spenders {
		t.Errorf("%d clients remembered, want at most %d", got, maxUnspent+spenders)
	}
	if got := d.usage.asked.Len(); got > maxUnspent+spenders {
		t.Errorf("%d in the list, want at most %d", got, maxUnspent+spenders)
	}
	if got := len(d.queue); got != 0 {
		t.Errorf("%d in the queue, want none", got)
	}
	if got := len(d.save(d.now, d.now)); got > 20_000 {
		t.Errorf("a snapshot of %d bytes", got)
	}
	d.now = d.now.Add(2 * time.Hour)
	d.advance(d.now)
	if len(d.usage.accounts) != 0 || d.usage.asked.Len() != 0 || d.usage.unspent != 0 {
		t.Errorf("%d clients are remembered for ever", len(d.usage.accounts))
	}
}

// Who comes first is decided by priority, then by what was spent, then by who was
// rejected, or has waited, for longest.
func TestClaims(t *testing.T) {
	u := newUsage()
	u.add([]charge{{"rich", 3 * wholeRequest}, {"poor", wholeRequest}}, 0)
	u.touch("rejected", at(0))
	u.rejected("rejected", at(time.Hour), at(0), Waiting)
	u.rejected("rejected", at(time.Hour), at(time.Minute), Waiting) // again: since the first time
	u.rejected("unknown", at(time.Hour), at(0), Waiting)            // nothing is kept of it
	request := func(p Priority, asked time.Duration, clients ...string) *fetchRequest {
		r := &fetchRequest{asked: at(asked)}
		for _, client := range clients {
			r.join(&Waiter{Client: client, Priority: p})
		}
		return r
	}
	order := []*fetchRequest{
		request(Waiting, time.Minute, "rejected"),
		request(Waiting, time.Second, "new"),
		request(Waiting, 2*time.Minute, "rich", "unknown"),
		request(Waiting, 0, "poor"),
		request(Waiting, 0, "rich"),
		request(Stale, 0, "new"),
		request(Refresh, 0, ""),
		request(Refresh, time.Second, ""),
		request(Speculative, 0, ""),
	}
	for i, r := range order {
		for j, s := range order {
			if got, want := u.claim(r).compare(u.claim(s)), cmp.Compare(i, j); got != want {
				t.Errorf("claims %d and %d compare as %d, want %d", i, j, got, want)
			}
		}
	}
	u.served([]charge{{client: "rejected"}})
	if u.claim(order[0]).compare(u.claim(order[1])) < 0 {
		t.Error("who was served comes first for what it was rejected once")
	}
}

// Slots are kept for the clients that are expected to retry, if these come first.
func TestRetrying(t *testing.T) {
	const minute = time.Minute
	mine := claim{priority: Waiting, spent: wholeRequest, since: at(time.Second)}
	for _, tt := range []struct {
		name     string
		retryAt  time.Duration
		priority Priority
		spent    int64
		rejected time.Duration // when
		retries  bool
		want     int
	}{
		{name: "has spent less", retryAt: minute, rejected: 2 * time.Second, want: 1},
		{name: "has spent as much and was first", retryAt: minute, spent: wholeRequest, want: 1},
		{name: "has spent as much and was later", retryAt: minute, spent: wholeRequest, rejected: 2 * time.Second},
		{name: "has spent as much and was rejected at that moment", retryAt: minute, spent: wholeRequest, rejected: time.Second, want: 1},
		{name: "has spent more", retryAt: minute, spent: 2 * wholeRequest},
		{name: "for something less urgent", retryAt: minute, priority: Stale},
		{name: "at the last moment", retryAt: 2 * minute, want: 1},
		{name: "too late", retryAt: 2*minute + 1},
		{name: "too early", retryAt: 0},
		{name: "has retried", retryAt: minute, retries: true},
	} {
		u := newUsage()
		u.touch("a", at(0))
		if tt.spent > 0 {
			u.add([]charge{{"a", tt.spent}}, 0)
		}
		u.rejected("a", at(tt.retryAt), at(tt.rejected), tt.priority)
		if tt.retries {
			u.touch("a", at(minute))
		}
		if got := u.retrying(mine, at(0), at(2*minute), 10); got != tt.want {
			t.Errorf("%s: %d retry, want %d", tt.name, got, tt.want)
		}
	}
}

// TestUsageIsForgotten plays random requests, whose charges are all taken back:
// in between the sums are those of a plain map, at the end nothing is kept.
func TestUsageIsForgotten(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 1))
	u, spent := newUsage(), map[string]int64{}
	var open [][]charge
	for i := range 5000 {
		switch op := rng.IntN(3); {
		case op == 0:
			u.touch(fmt.Sprint(rng.IntN(20)), at(time.Duration(i)*time.Second))
			u.expire(at(time.Duration(i-100) * time.Second))
		case op == 1:
			var s clientSet
			for range rng.IntN(100) {
				s.add(fmt.Sprint(rng.IntN(100)))
			}
			charges := s.split()
			open = append(open, charges)
			u.add(charges, 1)
			for _, c := range charges {
				spent[c.client] += c.micro
			}
		case len(open) > 0:
			k := rng.IntN(len(open))
			u.remove(open[k], 1)
			for _, c := range open[k] {
				spent[c.client] -= c.micro
			}
			open = slices.Delete(open, k, k+1)
		}
		client := fmt.Sprint(rng.IntN(100))
		if got := u.of(client); got.spent != spent[client] || got.underWay < 0 {
			t.Fatalf("%s has spent %d with %d under way, want %d", client, got.spent, got.underWay, spent[client])
		}
	}
	for _, charges := range open {
		u.remove(charges, 1)
	}
	u.expire(at(time.Hour * 2))
	if len(u.accounts) != 0 || u.asked.Len() != 0 || u.unspent != 0 || !u.oldest().IsZero() {
		t.Errorf("%d accounts, %d in the list, %d unspent at the end", len(u.accounts), u.asked.Len(), u.unspent)
	}
}
