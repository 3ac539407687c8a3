package quota

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func TestClientID(t *testing.T) {
	for _, tt := range []struct{ addr, want string }{
		{"192.0.2.7", "192.0.2.7"},
		{"::ffff:192.0.2.7", "192.0.2.7"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"2001:db8:1:2:ffff::", "2001:db8:1:2::/64"},
		{"fe80::1%eth0", "fe80::/64"},
	} {
		if got := ClientID(netip.MustParseAddr(tt.addr)); got != tt.want {
			t.Errorf("%s is %s, want %s", tt.addr, got, tt.want)
		}
	}
	if got := ClientID(netip.Addr{}); got != "invalid IP" {
		t.Errorf("no address is %q", got)
	}
}

// TestEqualParts holds that one fetch is paid by all who waited for it, once each,
// whenever they came and however often they asked.
func TestEqualParts(t *testing.T) {
	d := newDesk(t, 15, limits{})
	w := d.want(Waiting, 0, "a", "b", "b")
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
	d := newDesk(t, 15, limits{reserve: 1})
	crowd := d.want(Waiting, time.Minute, "first")
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

// TestRemaining compares what a client is told to remain with what it gets.
func TestRemaining(t *testing.T) {
	for a := range 15 {
		for b := range 15 - a {
			for _, client := range []string{"a", "b", "c"} {
				d := newDesk(t, 15, limits{reserve: 2})
				for name, n := range map[string]int{"a": a, "b": b} {
					for range n {
						w := d.want(Waiting, 0, name)
						d.allot(w, d.now)
						d.answered(w, w.slot, d.now, d.now)
					}
				}
				view := d.view(client, d.now)
				got := 0
				for d.try(Waiting, client).slot != nil {
					got++
				}
				if got != view.Remaining {
					t.Errorf("a has %d, b has %d: %s was told %d, and got %d", a, b, client, view.Remaining, got)
				}
				if (view.Remaining == 0) != (view.Next > 0) || view.Used != a+b {
					t.Errorf("view %+v", view)
				}
			}
		}
	}
}

// BenchmarkView is what every answer costs that shows the quota, a hit too.
func BenchmarkView(b *testing.B) {
	for _, clients := range []int{1, 10_000} {
		for _, spent := range []int{1, 15} {
			b.Run(fmt.Sprintf("%d clients, %d spent", clients, spent), func(b *testing.B) {
				g, err := New(Options{Limit: 15, Period: time.Hour, Reserve: 1})
				if err != nil {
					b.Fatal(err)
				}
				now := time.Now()
				for i := range max(clients, spent) {
					w := &fetchRequest{decided: make(chan struct{})}
					g.broker.join(w, &Waiter{Client: fmt.Sprint(i % clients)}, now)
					if i < spent {
						g.broker.allot(w, now)
						g.broker.answered(w, w.slot, now, now)
					}
				}
				for b.Loop() {
					g.View("0", now)
				}
			})
		}
	}
}
