package quota

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// take has the ledger hold a request that was under way from sent to ended.
func take(l *budget, sent, ended time.Time, lost bool) *slot {
	s := l.reserve(sent, Waiting)
	l.dispatch(s, sent)
	l.advance(ended)
	l.commit(s, ended, lost)
	return s
}

func at(d time.Duration) time.Time { return start.Add(d) }

func TestSlotReturns(t *testing.T) {
	l := newBudget(1, time.Hour, start)
	s := l.reserve(start, Waiting)
	for _, tt := range []struct {
		at   time.Duration
		do   func(now time.Time)
		free int
	}{
		{at: 0, free: 0},
		{at: 2 * time.Hour, free: 0}, // under way: whoever knows when it is stamped
		{at: 2 * time.Hour, do: func(now time.Time) { l.commit(s, now, false) }, free: 0},
		{at: 3 * time.Hour, free: 0},
		{at: 3*time.Hour + margin - 1, free: 0},
		{at: time.Hour, free: 0}, // the clock ran backwards
		{at: 3*time.Hour + margin, free: 1},
		{at: time.Hour, free: 1},
	} {
		now, _ := l.advance(at(tt.at))
		if tt.do != nil {
			tt.do(now)
		}
		if got := l.free(); got != tt.free {
			t.Errorf("at %v %d free, want %d", tt.at, got, tt.free)
		}
	}
}

func TestRefund(t *testing.T) {
	l := newBudget(2, time.Hour, start)
	s := l.reserve(start, Waiting)
	if !l.refund(s) || l.free() != 2 {
		t.Errorf("not refunded: %d free", l.free())
	}
	s = l.reserve(start, Waiting)
	l.dispatch(s, start)
	if l.refund(s) || l.free() != 1 {
		t.Errorf("refunded although a byte left: %d free", l.free())
	}
}

// What others have spent counts from the report on, and a later report replaces it.
func TestForeignAges(t *testing.T) {
	l := newBudget(0, 0, start)
	l.learn(Report{Limit: 15, Period: time.Hour, Used: 15, Next: 20 * time.Minute}, start, start)
	for _, tt := range []struct {
		at   time.Duration
		want int
	}{{0, 0}, {time.Hour, 0}, {time.Hour + margin, 15}} {
		l.advance(at(tt.at))
		if got := l.free(); got != tt.want {
			t.Errorf("after %v %d free, want %d", tt.at, got, tt.want)
		}
	}
	l.learn(Report{Limit: 15, Period: time.Hour, Used: 3}, at(2*time.Hour), at(2*time.Hour))
	l.learn(Report{Limit: 15, Period: time.Hour, Used: 2}, at(2*time.Hour), at(2*time.Hour))
	if got := l.free(); got != 13 {
		t.Errorf("%d free, want 13", got)
	}
}

// What others have spent returns after a period at the latest, but the report says
// when the first slot frees, if all are spent.
func TestNextOfForeign(t *testing.T) {
	for _, tt := range []struct {
		used      int
		next      time.Duration
		own       int
		remaining int
		want      time.Duration
	}{
		{used: 15, next: 20 * time.Minute, want: 20*time.Minute + margin},
		{used: 20, next: 20 * time.Minute, want: time.Hour + margin},
		{used: 14, own: 1, want: time.Hour + margin},
		{used: 13, remaining: 2},
	} {
		d := newHarness(t, 0, limits{fanout: 2})
		d.learn(Report{Limit: 15, Period: time.Hour, Used: tt.used, Next: tt.next}, d.now, d.now, d.now)
		d.spend("a", tt.own)
		if got := d.view("a", d.now); got.Remaining != tt.remaining || got.Next != tt.want {
			t.Errorf("%+v: %d remain, the next in %v", tt, got.Remaining, got.Next)
		}
	}
}

// TestReturning has slots of ours and of others return in order: they are those that
// count, each once, and each at the time at which it is free.
func TestReturning(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	for i := range 300 {
		l := ledger{limit: 20, period: time.Hour, last: start}
		for range rng.IntN(15) {
			sent := at(time.Duration(rng.IntN(1000)) * time.Second)
			now, _ := l.advance(sent)
			s := l.reserve(now, Waiting)
			l.advance(now.Add(time.Duration(rng.IntN(60)) * time.Second))
			switch rng.IntN(4) {
			case 0:
				l.refund(s)
			case 1:
				l.commit(s, l.last, true)
			default:
				l.commit(s, l.last, false)
			}
		}
		now, _ := l.advance(l.last.Add(time.Minute))
		r := Report{Limit: 20, Period: time.Hour, Used: rng.IntN(25)}
		if r.Used >= r.Limit {
			r.Next = time.Duration(rng.IntN(3600)) * time.Second
		}
		if i%3 > 0 {
			l.reconcile(r, now, now)
		}
		steps := slices.Collect(l.returning)
		left, hint := l.left(), l.foreign.next
		for k, s := range steps {
			left += s.count
			if k+1 < len(steps) && !steps[k+1].at.After(s.at) {
				if steps[k+1].at.Before(s.at) {
					t.Fatalf("%d: one returns at %v, after one at %v", i, steps[k+1].at, s.at)
				}
				continue
			}
			if l.advance(s.at); l.left() != left && hint.IsZero() {
				t.Fatalf("%d: %d are left at %v, want %d", i, l.left(), s.at, left)
			}
		}
		if left != l.limit || l.left() != l.limit {
			t.Fatalf("%d: %d return in all, and %d are left, want %d", i, left, l.left(), l.limit)
		}
	}
}
