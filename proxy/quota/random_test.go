package quota

import (
	"math/rand/v2"
	"testing"
	"time"
)

// chaos turns bytes into events at a broker before a model of upstream. Whatever
// happens, the model must refuse nothing. What the broker cannot know, happens
// only where it does no harm by itself: others spend while a slot is free, the
// limit falls while nothing is under way, and both are followed by a report.
type chaos struct {
	t        *testing.T
	b        *broker
	limit    int // of the settings
	model    *model
	now      time.Time
	underWay []*call
}

type call struct {
	w       *fetchRequest
	s       *slot
	stamped bool
}

func newChaos(t *testing.T, limit int) *chaos {
	c := &chaos{t: t, limit: limit, now: start, model: &model{limit: 15, period: time.Hour}}
	c.b = c.broker()
	return c
}

func (c *chaos) broker() *broker {
	return newBroker(newBudget(c.limit, time.Hour, c.now), limits{reserve: 1, queue: 8, fanout: 3})
}

func (c *chaos) step(op, arg byte) {
	switch op % 12 {
	case 0, 1, 2:
		c.ask(arg)
	case 3:
		c.now = c.now.Add(time.Duration(arg) * 30 * time.Second)
		c.b.pump(c.now)
	case 4:
		c.now = c.now.Add(time.Duration(arg) * time.Millisecond * 20)
		c.b.pump(c.now.Add(-time.Duration(arg) * time.Second)) // the clock runs backwards
	case 5, 6, 7:
		c.progress(arg)
	case 8:
		c.report(c.now)
	case 9:
		if c.b.advance(c.now); c.b.budget.free() > 0 && c.model.allow(c.now) {
			c.report(c.now)
		}
	case 10:
		if c.b.advance(c.now); len(c.b.budget.open) == 0 && c.limit == 0 {
			c.model.limit = 1 + int(arg)%20
			c.report(c.now)
		}
	case 11:
		c.restart(arg)
	}
	c.collect()
	c.check()
}

func (c *chaos) ask(arg byte) {
	w := &fetchRequest{}
	x := &Waiter{
		Client: string(rune('a' + arg%5)), Priority: Priority(arg / 5 % 4),
		Deadline: c.now.Add(time.Duration(arg) * time.Second),
	}
	c.b.join(w, x, c.now)
	c.b.join(w, &Waiter{Client: string(rune('a' + arg%3)), Deadline: x.Deadline}, c.now)
	c.b.ask(w, c.now)
	if arg%7 == 0 {
		c.b.leave(w, x, c.now)
	}
}

// progress has one call go on, or end.
func (c *chaos) progress(arg byte) {
	if len(c.underWay) == 0 {
		return
	}
	i := int(arg) % len(c.underWay)
	f := c.underWay[i]
	if !f.stamped && arg%5 != 0 {
		c.stamp(f)
		return
	}
	c.underWay = append(c.underWay[:i:i], c.underWay[i+1:]...)
	switch {
	case !f.stamped && arg%2 == 0:
		c.b.unused(f.w, f.s, c.now)
	case arg%3 == 0 || !f.stamped:
		c.b.lose(f.w, f.s, c.now)
	default:
		c.b.answered(f.w, f.s, c.now, c.now)
	}
}

func (c *chaos) stamp(f *call) {
	f.stamped = true
	c.b.sent(f.s, c.now)
	if !c.model.allow(c.now) {
		c.t.Fatalf("upstream refused a request: %+v", c.b.stats(c.now))
	}
}

// report takes a while, during which nothing else happens.
func (c *chaos) report(asked time.Time) {
	r := c.model.report(c.now)
	c.now = c.now.Add(300 * time.Millisecond)
	c.b.learn(r, asked, c.now, c.now)
}

// restart is a crash. What is under way arrives or does not.
func (c *chaos) restart(arg byte) {
	data := c.b.save(c.now, c.now)
	for i, f := range c.underWay {
		if !f.stamped && (int(arg)+i)%2 == 0 {
			c.stamp(f)
		}
	}
	c.underWay = nil
	down := time.Duration(arg) * 10 * time.Second
	wall := c.now.Add(down)
	if arg%3 == 0 {
		wall = wall.Add(-2 * time.Hour)
	}
	c.now = c.now.Add(down)
	c.b = c.broker()
	if err := c.b.restore(data, c.now, wall); err != nil {
		c.t.Fatal(err)
	}
	if c.model.limit < assumedLimit || c.limit == 0 {
		c.report(c.now) // as it is asked for before the first grant
	}
}

func (c *chaos) collect() {
	for _, w := range c.b.decided {
		if w.slot != nil {
			c.underWay = append(c.underWay, &call{w: w, s: w.slot})
		}
	}
	c.b.decided = nil
}

// check holds what must be true at any time.
func (c *chaos) check() {
	b := c.b
	var charged, owed int64
	counted := len(b.budget.open)
	for _, s := range append(append([]*slot{}, b.budget.open...), b.budget.past...) {
		for _, x := range s.charges {
			charged += x.micro
		}
	}
	for _, s := range b.budget.past {
		if !s.absorbed {
			counted++
		}
	}
	idle, open := 0, 0
	for _, a := range b.usage.accounts {
		owed += a.spent
		open += a.underWay
		if a.spent == 0 {
			idle++
		}
		if a.spent < 0 || a.underWay < 0 || a.spent == 0 && a.place == nil {
			c.t.Fatalf("account %+v", a)
		}
	}
	if charged != owed || idle != b.usage.unspent {
		c.t.Fatalf("charged %d, owed %d; %d idle, counted %d", charged, owed, idle, b.usage.unspent)
	}
	if got := b.budget.spent() - b.budget.foreign.count; got != counted {
		c.t.Fatalf("%d spent, counted %d", got, counted)
	}
	if len(b.queue) > b.limits.queue {
		c.t.Fatalf("%d in the queue", len(b.queue))
	}
	for _, client := range []string{"a", "nobody"} {
		if v := b.view(client, c.now); v.Remaining > b.budget.free() || (v.Remaining == 0) != (v.Next > 0) {
			c.t.Fatalf("view of %s: %+v", client, v)
		}
	}
}

func (c *chaos) play(events []byte) {
	for i := 0; i+1 < len(events); i += 2 {
		c.step(events[i], events[i+1])
	}
}

// FuzzEvents looks for a sequence of events after which upstream refuses.
func FuzzEvents(f *testing.F) {
	f.Add(uint8(0), []byte{8, 0, 0, 1, 5, 1, 5, 1, 11, 3, 0, 1})
	f.Add(uint8(15), []byte("aAbBcCdDeEfFgGhHiIjJkKlL"))
	f.Fuzz(func(t *testing.T, limit uint8, events []byte) {
		newChaos(t, int(limit%16)).play(events[:min(len(events), 4000)])
	})
}

// TestRandomEvents is the same for some long sequences, in any test run.
func TestRandomEvents(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	own := 0
	for i := range 60 {
		events := make([]byte, 4000)
		for j := range events {
			events[j] = byte(rng.Uint32())
		}
		c := newChaos(t, i%2*15)
		c.play(events)
		own += len(c.model.history)
	}
	if own == 0 {
		t.Error("nothing was spent")
	}
}
