package quota

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// desk is a broker with a hand-turned clock.
type desk struct {
	*broker
	t   *testing.T
	now time.Time
}

func newDesk(t *testing.T, limit int, l limits) *desk {
	if l.queue == 0 {
		l.queue = defaultQueue
	}
	if l.fanout == 0 {
		l.fanout = limit + 1
	}
	return &desk{broker: newBroker(newBudget(limit, time.Hour, start), l), t: t, now: start}
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
	return b.forecast(now).view(client, len(b.queue))
}

func (b *broker) stats(now time.Time) Stats { return b.forecast(now).stats(len(b.queue)) }

func (b *broker) top(n int, now time.Time) []ClientUse {
	return b.forecast(now).top(n)
}

func (b *broker) due(now time.Time) time.Time { return b.budget.reportDue(now, len(b.queue) > 0) }

func (d *desk) want(p Priority, patience time.Duration, clients ...string) *fetchRequest {
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
func (d *desk) try(p Priority, clients ...string) *fetchRequest {
	w := d.want(p, 0, clients...)
	d.ask(w, d.now)
	if w.slot != nil {
		d.answered(w, w.slot, d.now, d.now)
	}
	return w
}

// spend has client get n slots.
func (d *desk) spend(client string, n int) {
	d.t.Helper()
	for i := range n {
		if w := d.try(Waiting, client); w.slot == nil {
			d.t.Fatalf("%s did not get slot %d: %v", client, i, w.refusal)
		}
	}
}

// TestTurns has demands of every kind wait while the gate is closed.
func TestTurns(t *testing.T) {
	d := newDesk(t, 100, limits{})
	d.spend("rich", 4)
	d.spend("poor", 2)
	d.spend("middle", 3)
	d.budget.throttled(d.now, time.Minute)
	names := map[*fetchRequest]string{}
	for _, x := range []struct {
		priority Priority
		clients  []string
	}{
		{Speculative, nil}, {Refresh, nil}, {Holding, []string{"none"}}, {Waiting, []string{"rich"}},
		{Waiting, []string{"poor"}}, {Waiting, []string{"middle"}}, {Waiting, []string{"rich", "new"}},
		{Waiting, []string{"newer"}}, {Waiting, []string{"middle", "middle"}},
	} {
		w := d.want(x.priority, time.Hour, x.clients...)
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
		"waiting [rich]", "holding [none]", "refresh []", "speculative []",
	}
	if !slices.Equal(got, want) {
		t.Errorf("turns %q, want %q", got, want)
	}
}

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
		{name: "not to refresh what it holds", spent: map[string]int{"a": 14}, client: "b", priority: Holding, want: Spent},
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
			d := newDesk(t, 15, limits{reserve: 1})
			for _, client := range []string{"a", "b", "c", "d", ""} {
				priority := Waiting
				if client == "" {
					priority = Refresh
				}
				for range tt.spent[client] {
					w := d.want(priority, 0, client)
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

// TestFanout holds that one client, or all background work, can hold no more than
// its part of what is under way, and that others go past it.
func TestFanout(t *testing.T) {
	d := newDesk(t, 100, limits{fanout: 2})
	flights := map[string]int{}
	for range 5 {
		for _, client := range []string{"", "a"} {
			p := Waiting
			if client == "" {
				p = Refresh
			}
			w := d.want(p, time.Minute, client)
			d.ask(w, d.now)
			if w.slot != nil {
				flights[client]++
			}
		}
	}
	if flights[""] != 2 || flights["a"] != 2 {
		t.Errorf("under way %v, want 2 each", flights)
	}
	if w := d.try(Waiting, "b"); w.slot == nil {
		t.Errorf("another client was refused: %v", w.refusal)
	}
	if len(d.queue) != 6 {
		t.Errorf("%d wait, want 6", len(d.queue))
	}
	w := d.want(Waiting, 0, "a")
	d.ask(w, d.now)
	if w.refusal == nil || w.refusal.Reason != Busy {
		t.Errorf("without patience: %+v, want %s", w.refusal, Busy)
	}
}

// TestQueueIsBounded fills the queue with background work, and then some.
func TestQueueIsBounded(t *testing.T) {
	d := newDesk(t, 100, limits{queue: 10, fanout: 1})
	for range 30 {
		d.ask(d.want(Refresh, time.Minute), d.now)
	}
	held := d.want(Waiting, time.Minute, "a")
	d.ask(held, d.now)
	late := d.want(Waiting, time.Minute, "a")
	d.ask(late, d.now)
	if len(d.queue) > 10 {
		t.Errorf("%d in the queue, want at most 10", len(d.queue))
	}
	if held.slot == nil || !late.queued {
		t.Errorf("a client gave way to background work: %+v, %+v", held.refusal, late.refusal)
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
	d := newDesk(t, 4, limits{})
	for _, client := range []string{"a", "a", "b", "c"} { // a minute apart
		w := d.want(Waiting, 0, client)
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

// TestCourtesy has one ask all the time and one come back when told to: the slot
// is for the second. If that one does not come, it is lost for seconds only.
func TestCourtesy(t *testing.T) {
	for _, comes := range []bool{true, false} {
		t.Run(fmt.Sprint("comes ", comes), func(t *testing.T) {
			d := newDesk(t, 2, limits{})
			d.spend("x", 2)
			after := d.try(Waiting, "obedient").refusal.RetryAfter
			d.now = d.now.Add(after - time.Second)
			rude := d.want(Waiting, 10*time.Second, "rude")
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
