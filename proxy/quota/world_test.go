package quota

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// world is a broker before a model of upstream in virtual time: an event loop
// that needs a moment for a week.
type world struct {
	t      *testing.T
	rng    *rand.Rand
	now    time.Time
	events events
	broker *broker
	model  *model

	reports   bool          // upstream is asked for reports
	asking    bool          // one is under way
	latency   time.Duration // of a request at most, twice: until stamped, until answered
	failing   float64       // part of requests that are never answered, or never leave
	granted   map[*fetchRequest]func(ok bool)
	rejected  map[*fetchRequest]func(after time.Duration)
	longest   time.Duration // that anyone waited for a decision
	answered  int           // requests answered
	took      time.Duration // of all these together, from grant to answer
	wakes     time.Time     // when the broker wants to be pumped
	lifetimes int           // restarts so far
	down      bool          // between two of them
	onReport  func()        // happens at upstream just before it makes a report
}

var start = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func newWorld(t *testing.T, seed uint64, limit int, reserve int) *world {
	w := &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)), now: start,
		model:   &model{limit: 15, period: time.Hour},
		latency: time.Second,
		granted: map[*fetchRequest]func(bool){}, rejected: map[*fetchRequest]func(time.Duration){},
	}
	w.broker = newBroker(newBudget(limit, time.Hour, w.now), limits{reserve: reserve, queue: defaultQueue, fanout: defaultFanout})
	return w
}

type event struct {
	at time.Time
	do func()
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func (w *world) after(d time.Duration, do func()) {
	heap.Push(&w.events, event{at: w.now.Add(d), do: do})
}

func (w *world) upTo(d time.Duration) time.Duration {
	return time.Duration(w.rng.Float64() * float64(d))
}

// run lets the world go on for so long.
func (w *world) run(d time.Duration) {
	end := w.now.Add(d)
	w.settle()
	for len(w.events) > 0 && !w.events[0].at.After(end) {
		e := heap.Pop(&w.events).(event)
		w.now = e.at
		e.do()
		w.settle()
	}
	w.now = end
}

// settle carries out what the broker has decided and does what it wants next.
func (w *world) settle() {
	for len(w.broker.decided) > 0 {
		decided := w.broker.decided
		w.broker.decided = nil
		for _, x := range decided {
			w.decide(x)
		}
	}
	if next := w.broker.next(w.now); !next.IsZero() && !next.Equal(w.wakes) {
		w.wakes = next
		life := w.lifetimes
		w.after(next.Sub(w.now), func() {
			if life == w.lifetimes {
				w.wakes = time.Time{}
				w.broker.pump(w.now)
			}
		})
	}
	w.report()
}

func (w *world) decide(x *fetchRequest) {
	w.longest = max(w.longest, w.now.Sub(x.asked))
	switch {
	case x.slot != nil:
		w.send(x, x.slot)
	case x.refusal != nil && w.rejected[x] != nil:
		w.rejected[x](x.refusal.RetryAfter)
	}
	delete(w.rejected, x)
	if x.slot == nil {
		delete(w.granted, x)
	}
}

// send is the life of a request.
func (w *world) send(x *fetchRequest, s *slot) {
	life := w.lifetimes
	if w.rng.Float64() < w.failing/2 { // no byte left
		w.after(w.upTo(w.latency), func() {
			if life == w.lifetimes {
				w.broker.unused(x, s, w.now)
				w.finish(x, false)
			}
		})
		return
	}
	granted := w.now
	w.after(w.upTo(100*time.Millisecond), func() {
		if life == w.lifetimes {
			w.broker.sent(s, w.now)
		}
		w.after(w.upTo(w.latency), func() { w.arrive(x, s, granted, life) })
	})
}

// arrive is upstream's side: the stamp, and the answer some time later.
func (w *world) arrive(x *fetchRequest, s *slot, granted time.Time, life int) {
	ok := w.model.allow(w.now)
	if ok {
		w.model.own++
	} else {
		w.model.refused++
	}
	wait := w.model.retryAfter(w.now)
	if w.rng.Float64() < w.failing/2 {
		w.after(20*time.Second, func() {
			if life == w.lifetimes {
				w.broker.lose(x, s, w.now)
				w.finish(x, false)
			}
		})
		return
	}
	w.after(w.upTo(w.latency), func() {
		if life != w.lifetimes {
			return
		}
		if ok {
			w.broker.answered(x, s, w.now, w.now)
			w.answered++
			w.took += w.now.Sub(granted)
		} else {
			w.broker.throttled(s, w.now, wait, w.now)
		}
		w.finish(x, ok)
	})
}

func (w *world) finish(x *fetchRequest, ok bool) {
	if done := w.granted[x]; done != nil {
		delete(w.granted, x)
		done(ok)
	}
}

// report asks for one if it is due. It speaks of a random moment of its journey.
func (w *world) report() {
	if !w.reports || w.asking || w.down {
		return
	}
	due := w.broker.due(w.now)
	if due.IsZero() {
		return
	}
	w.asking = true
	life := w.lifetimes
	w.after(max(due.Sub(w.now), 0), func() {
		if life != w.lifetimes {
			return
		}
		if due := w.broker.due(w.now); due.IsZero() || due.After(w.now) {
			w.asking = false
			return
		}
		w.broker.budget.reports.tried(w.now)
		asked := w.now
		w.after(w.upTo(300*time.Millisecond), func() {
			if w.onReport != nil {
				w.onReport()
			}
			r := w.model.report(w.now)
			w.after(w.upTo(300*time.Millisecond), func() {
				if life != w.lifetimes {
					return
				}
				w.asking = false
				w.broker.learn(r, asked, w.now, w.now)
			})
		})
	})
}

// ask has somebody want a page. One of the two is called when that is settled.
func (w *world) ask(client string, p Priority, patience time.Duration, got func(ok bool), rejected func(after time.Duration)) {
	if w.down {
		rejected(time.Minute)
		return
	}
	x := &fetchRequest{}
	w.granted[x], w.rejected[x] = got, rejected
	w.broker.join(x, &Waiter{Client: client, Priority: p, Deadline: w.now.Add(patience)}, w.now)
	w.broker.ask(x, w.now)
}

// restart is kill -9 at this moment and a start after down, when the calendar is
// wrong by skew. What is on its way to upstream arrives.
func (w *world) restart(limit int, down, skew time.Duration) {
	data := w.broker.save(w.now, w.now)
	w.down = true
	w.lifetimes++
	var waiting []*fetchRequest
	for x := range w.granted {
		waiting = append(waiting, x)
	}
	slices.SortFunc(waiting, func(x, y *fetchRequest) int { return int(x.seq) - int(y.seq) })
	for _, x := range waiting {
		w.granted[x](false)
	}
	clear(w.granted)
	clear(w.rejected)
	limits := w.broker.limits
	w.broker = newBroker(newBudget(limit, time.Hour, w.now), limits) // nothing happens till then
	w.after(down, func() {
		w.down, w.wakes, w.asking = false, time.Time{}, false
		w.broker = newBroker(newBudget(limit, time.Hour, w.now), limits)
		if err := w.broker.restore(data, w.now, w.now.Add(skew)); err != nil {
			w.t.Fatalf("restore: %v", err)
		}
	})
}
