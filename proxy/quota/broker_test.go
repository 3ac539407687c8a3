package quota

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// harness is a broker whose clock the test sets.
type harness struct {
	*broker
	t   *testing.T
	now time.Time
}

func newHarness(t *testing.T, limit int, l limits) *harness {
	if l.queue == 0 {
		l.queue = defaultQueue
	}
	if l.fanout == 0 {
		l.fanout = limit + 1
	}
	return &harness{broker: newBroker(newBudget(limit, time.Hour, start), l), t: t, now: start}
}

// What the Gate does with a broker.

func (b *broker) sent(s *slot, now time.Time) { b.budget.dispatch(s, b.advance(now)) }

func (b *broker) answered(r *fetchRequest, s *slot, at, now time.Time) { b.done(r, s, at, false, now) }

func (b *broker) lose(r *fetchRequest, s *slot, now time.Time) {
	b.done(r, s, b.advance(now), true, now)
}

func (b *broker) reportFailed(now time.Time) { b.learn(Report{}, now, now, now) }

func (b *broker) ranked() []*fetchRequest {
	return slices.SortedFunc(slices.Values(b.queue), b.compare)
}

func (b *broker) view(client string, now time.Time) View {
	f := b.forecast(now)
	return f.view(client, len(b.queue))
}

func (b *broker) stats(now time.Time) Stats {
	f := b.forecast(now)
	return f.stats(len(b.queue))
}

func (b *broker) top(n int, now time.Time) []ClientUse {
	f := b.forecast(now)
	return f.top(n)
}

func (b *broker) due(now time.Time) time.Time { return b.budget.reportDue(now, len(b.queue) > 0) }

func (d *harness) request(p Priority, patience time.Duration, clients ...string) *fetchRequest {
	w := &fetchRequest{}
	for _, client := range clients {
		d.join(w, &Waiter{Client: client, Priority: p, Deadline: d.now.Add(patience)}, d.now)
	}
	if len(clients) == 0 {
		d.join(w, &Waiter{Priority: p, Deadline: d.now.Add(patience)}, d.now)
	}
	return w
}

// try asks, and has an answer come at once if it is granted.
func (d *harness) try(p Priority, clients ...string) *fetchRequest {
	w := d.request(p, 0, clients...)
	d.ask(w, d.now)
	if w.slot != nil {
		d.answered(w, w.slot, d.now, d.now)
	}
	return w
}

// spend has client get n slots.
func (d *harness) spend(client string, n int) {
	d.t.Helper()
	for i := range n {
		if w := d.try(Waiting, client); w.slot == nil {
			d.t.Fatalf("%s did not get slot %d: %v", client, i, w.refusal)
		}
	}
}

// TestOrder has fetch requests of every kind wait during a cooldown.
func TestOrder(t *testing.T) {
	d := newHarness(t, 100, limits{})
	d.spend("rich", 4)
	d.spend("poor", 2)
	d.spend("middle", 3)
	d.budget.throttled(d.now, time.Minute)
	names := map[*fetchRequest]string{}
	for _, x := range []struct {
		priority Priority
		clients  []string
	}{
		{Speculative, nil}, {Refresh, nil}, {Stale, []string{"none"}}, {Waiting, []string{"rich"}},
		{Waiting, []string{"poor"}}, {Waiting, []string{"middle"}}, {Waiting, []string{"rich", "new"}},
		{Waiting, []string{"newer"}}, {Waiting, []string{"middle", "middle"}},
	} {
		w := d.request(x.priority, time.Hour, x.clients...)
		names[w] = fmt.Sprint(x.priority, x.clients)
		d.ask(w, d.now)
		d.now = d.now.Add(time.Second)
	}
	var got []string
	for _, r := range d.ranked() {
		got = append(got, names[r])
	}
	want := []string{
		"waiting [rich new]", "waiting [newer]", "waiting [poor]", "waiting [middle]", "waiting [middle middle]",
		"waiting [rich]", "stale [none]", "refresh []", "speculative []",
	}
	if !slices.Equal(got, want) {
		t.Errorf("order %q, want %q", got, want)
	}
}

// TestFanout holds that one client, or all background work, can hold no more than
// its part of what is under way, and that others go past it.
func TestFanout(t *testing.T) {
	d := newHarness(t, 100, limits{fanout: 2})
	underWay := map[string]int{}
	for range 5 {
		for _, client := range []string{"", "a"} {
			p := Waiting
			if client == "" {
				p = Refresh
			}
			w := d.request(p, time.Minute, client)
			d.ask(w, d.now)
			if w.slot != nil {
				underWay[client]++
			}
		}
	}
	if underWay[""] != 2 || underWay["a"] != 2 {
		t.Errorf("under way %v, want 2 each", underWay)
	}
	if w := d.try(Waiting, "b"); w.slot == nil {
		t.Errorf("another client was refused: %v", w.refusal)
	}
	if len(d.queue) != 6 {
		t.Errorf("%d wait, want 6", len(d.queue))
	}
	w := d.request(Waiting, 0, "a")
	d.ask(w, d.now)
	if w.refusal == nil || w.refusal.Reason != Busy {
		t.Errorf("without patience: %+v, want %s", w.refusal, Busy)
	}
}

// TestQueueIsBounded fills the queue with background work, and then some.
func TestQueueIsBounded(t *testing.T) {
	d := newHarness(t, 100, limits{queue: 10, fanout: 1})
	for range 30 {
		d.ask(d.request(Refresh, time.Minute), d.now)
	}
	first := d.request(Waiting, time.Minute, "a")
	d.ask(first, d.now)
	late := d.request(Waiting, time.Minute, "a")
	d.ask(late, d.now)
	if len(d.queue) > 10 {
		t.Errorf("%d in the queue, want at most 10", len(d.queue))
	}
	if first.slot == nil || !late.queued {
		t.Errorf("a client gave way to background work: %+v, %+v", first.refusal, late.refusal)
	}
	full := 0
	for _, w := range d.decided {
		if w.refusal != nil && w.refusal.Reason == QueueFull {
			full++
		}
	}
	if full != 20 {
		t.Errorf("%d refused for the queue, want 20", full)
	}
}

// TestRetryAfter holds that what a client is told fits that client.
func TestRetryAfter(t *testing.T) {
	d := newHarness(t, 4, limits{})
	for _, client := range []string{"a", "a", "b", "c"} { // a minute apart
		w := d.request(Waiting, 0, client)
		d.allot(w, d.now)
		d.answered(w, w.slot, d.now, d.now)
		d.now = d.now.Add(time.Minute)
	}
	first := time.Hour + margin - 4*time.Minute
	for _, tt := range []struct {
		client string
		want   time.Duration
		why    string
	}{
		{"d", first, "it has spent nothing"},
		{"e", first + time.Minute, "d was first"},
		{"a", first + 2*time.Minute, "d and e have spent less"},
		{"d", first, "it was first all the same"},
	} {
		d.now = d.now.Add(time.Millisecond)
		got := d.try(Waiting, tt.client).refusal
		if got == nil || got.RetryAfter.Round(time.Second) != tt.want {
			t.Errorf("%s is told %+v, want %v: %s", tt.client, got, tt.want, tt.why)
		}
	}
}

// TestRetryGrace has one ask all the time and one come back when told to: the slot
// is for the second. If that one does not come, it is lost for seconds only.
func TestRetryGrace(t *testing.T) {
	for _, comes := range []bool{true, false} {
		t.Run(fmt.Sprint("comes ", comes), func(t *testing.T) {
			d := newHarness(t, 2, limits{})
			d.spend("x", 2)
			after := d.try(Waiting, "obedient").refusal.RetryAfter
			d.now = d.now.Add(after - time.Second)
			rude := d.request(Waiting, 10*time.Second, "rude")
			d.ask(rude, d.now)
			d.budget.limit = 1 // so that one slot returns
			d.now = d.now.Add(2 * time.Second)
			d.pump(d.now)
			if rude.slot != nil {
				t.Fatal("the slot went to who came uncalled")
			}
			if comes {
				if w := d.try(Waiting, "obedient"); w.slot == nil {
					t.Errorf("who came back was refused: %v", w.refusal)
				}
				return
			}
			if got, want := d.next(d.now), d.now.Add(retryGrace); !got.Equal(want) {
				t.Errorf("pumped next at %v, want %v", got, want)
			}
			d.now = d.now.Add(retryGrace)
			d.pump(d.now)
			if rude.slot == nil {
				t.Error("the slot was kept for too long")
			}
		})
	}
}
