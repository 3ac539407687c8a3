package quota

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestAdmission holds who may have a slot when so much is spent.
func TestAdmission(t *testing.T) {
	for _, tt := range []struct {
		name     string
		spent    map[string]int
		client   string
		priority Priority
		want     Reason
	}{
		{name: "first of all", client: "a"},
		{name: "alone, one but the reserve left", spent: map[string]int{"a": 13}, client: "a"},
		{name: "alone, the reserve left", spent: map[string]int{"a": 14}, client: "a", want: Spent},
		{name: "the reserve for a newcomer", spent: map[string]int{"a": 14}, client: "b"},
		{name: "not to refresh what is cached for it", spent: map[string]int{"a": 14}, client: "b", priority: Stale, want: Spent},
		{name: "not for background work", spent: map[string]int{"a": 14}, priority: Refresh, want: Spent},
		{name: "nothing left", spent: map[string]int{"a": 14, "b": 1}, client: "c", want: Spent},
		{name: "below half of the limit", spent: map[string]int{"a": 7, "b": 6}, client: "a"},
		{name: "above its share, below what is left", spent: map[string]int{"a": 4, "b": 1, "c": 1, "d": 1}, client: "a"},
		{name: "above both", spent: map[string]int{"a": 8, "b": 1}, client: "a", want: Share},
		{name: "others are not bound by that", spent: map[string]int{"a": 8, "b": 1}, client: "b"},
		{name: "background work up to half", spent: map[string]int{"": 8}, priority: Refresh, want: Share},
		{name: "speculation up to a quarter", spent: map[string]int{"": 4}, priority: Speculative, want: Share},
		{name: "background work while nobody else spends", spent: map[string]int{"": 7}, priority: Refresh},
		{name: "background work shares with clients", spent: map[string]int{"": 5, "a": 3, "b": 4}, priority: Refresh, want: Share},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newHarness(t, 15, limits{reserve: 1})
			for _, client := range []string{"a", "b", "c", "d", ""} {
				priority := Waiting
				if client == "" {
					priority = Refresh
				}
				for range tt.spent[client] {
					w := d.request(priority, 0, client)
					d.allot(w, d.now)
					d.answered(w, w.slot, d.now, d.now)
				}
			}
			w := d.try(tt.priority, tt.client)
			switch {
			case tt.want == "" && w.slot == nil:
				t.Errorf("refused: %v", w.refusal)
			case tt.want != "" && w.refusal == nil:
				t.Errorf("granted, want %q", tt.want)
			case tt.want != "" && w.refusal.Reason != tt.want:
				t.Errorf("reason %q, want %q", w.refusal.Reason, tt.want)
			}
		})
	}
}

// TestRemaining compares what a client is told to remain with what it gets.
func TestRemaining(t *testing.T) {
	for a := range 15 {
		for b := range 15 - a {
			for _, client := range []string{"a", "b", "c"} {
				d := newHarness(t, 15, limits{reserve: 2})
				for name, n := range map[string]int{"a": a, "b": b} {
					for range n {
						w := d.request(Waiting, 0, name)
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

// TestForecast has ten requests an hour, of which clients have spent some since the
// start, a minute apart.
func TestForecast(t *testing.T) {
	const minute = time.Minute
	first := time.Hour + margin
	for _, tt := range []struct {
		name     string
		spent    []string
		reserve  int
		client   string
		priority Priority
		ahead    int
		paced    bool
		closed   time.Duration
		want     time.Duration // since the start
	}{
		{name: "one is free", client: "a", want: 9 * minute},
		{name: "while nothing is sent", client: "a", closed: 20 * minute, want: 20 * minute},
		{name: "all are spent", spent: names("a", 10), client: "b", want: first},
		{name: "the reserve is left", spent: names("a", 9), reserve: 1, client: "b", want: 9 * minute},
		{name: "but not for it", spent: names("a", 9), reserve: 1, client: "a", want: first},
		{name: "nor for what it can be served stale", spent: names("a", 9), reserve: 1, client: "b", priority: Stale, want: first},
		{name: "nor for background work", spent: names("a", 9), reserve: 1, priority: Refresh, want: first},
		{name: "after three others", spent: names("a", 10), client: "b", ahead: 3, want: first + 3*minute},
		{name: "after more others than there are slots", spent: names("a", 10), client: "b", ahead: 99, want: first + 9*minute},
		{name: "after all those who may have more than the reserve", spent: names("a", 10), reserve: 3, client: "b", ahead: 99, want: first + 6*minute},
		{name: "when its share lets it", spent: append(names("b", 2), names("a", 8)...), client: "a", want: first + 5*minute},
		{name: "paced", client: "a", paced: true, want: 14 * minute},
		{name: "paced, after two others", client: "a", paced: true, ahead: 2, want: 14*minute + 12*minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBroker(newBudget(10, time.Hour, start), limits{reserve: tt.reserve, queue: 1, fanout: 20})
			for i, client := range tt.spent {
				s := b.budget.reserve(at(time.Duration(i)*minute), Waiting)
				s.charges = []charge{{client, wholeRequest}}
				b.usage.add(s.charges, 0)
				b.budget.advance(s.reserved)
				b.budget.commit(s, s.reserved, false)
			}
			now := at(9 * minute)
			if tt.paced {
				b.budget.pace(now)
				b.budget.newest = at(8 * minute)
			}
			if tt.closed > 0 {
				b.budget.cooldown.until = at(tt.closed)
			}
			f := b.forecast(now)
			if got := f.client(tt.client, tt.priority, tt.ahead).Sub(start); got != tt.want {
				t.Errorf("after %v, want %v", got, tt.want)
			}
		})
	}
}

func names(client string, n int) []string { return slices.Repeat([]string{client}, n) }

// What operators are told of the limit, of what is left and of upstream's reports.
func TestStats(t *testing.T) {
	told := func(d *harness) {
		d.learn(Report{Limit: 30, Period: time.Minute, Used: 30, Next: 10 * time.Second}, d.now, d.now, d.now)
	}
	for _, tt := range []struct {
		name    string
		harness func(t *testing.T) *harness
		do      func(*harness)
		want    Stats
	}{
		{"a limit of the settings is known at once", fixed, func(*harness) {},
			Stats{Limit: 15, Period: time.Hour, Known: true}},
		{"one that upstream has yet to tell is not", auto, func(*harness) {},
			Stats{Limit: 15, Period: time.Hour, Next: firstReport}},
		{"nor after it was asked in vain", auto, func(d *harness) { d.reportFailed(d.now) },
			Stats{Limit: 15, Period: time.Hour}},
		{"upstream tells", auto, told,
			Stats{Limit: 30, Period: time.Minute, Foreign: 30, Known: true, Next: 10*time.Second + margin, Reported: start}},
		{"it tells of another period than that of the settings", fixed, told,
			Stats{Limit: 15, Period: time.Hour, Known: true}},
		{"one is left", fixed, func(d *harness) { d.spend("a", 14) },
			Stats{Limit: 15, Period: time.Hour, Own: 14, Clients: 1, Known: true}},
		{"none is", fixed, func(d *harness) { d.spend("a", 15); d.now = at(time.Minute) },
			Stats{Limit: 15, Period: time.Hour, Own: 15, Clients: 1, Known: true, Next: 59*time.Minute + margin}},
		{"upstream has refused one", fixed, func(d *harness) {
			w := d.request(Waiting, 0, "a")
			d.ask(w, d.now)
			d.throttled(w.slot, d.now, 5*time.Minute, d.now)
		}, Stats{Limit: 15, Period: time.Hour, Own: 1, Clients: 1, Known: true, Next: 5 * time.Minute}},
		{"another process spends", fixed, func(d *harness) { d.budget.standby = true },
			Stats{Limit: 15, Period: time.Hour, Next: standbyStep}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := tt.harness(t)
			tt.do(d)
			if got := d.stats(d.now); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func fixed(t *testing.T) *harness { return newHarness(t, 15, limits{}) }

func auto(t *testing.T) *harness { return newHarness(t, 0, limits{}) }
