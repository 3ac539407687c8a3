package cluster

import (
	"errors"
	"slices"
	"testing"
	"time"

	"perigee/proxy/quota"
)

// A request is sent again until it is answered, with what is left of its patience,
// and at once when another replica leads.
func TestPendingIsSentAgain(t *testing.T) {
	p := newPending()
	r := p.add(Resource{Key: "k\xff", Target: "/k?", Accept: "application/json"},
		quota.Waiter{Client: "c", Priority: quota.Stale, Deadline: after(8 * time.Second)}, after(-time.Second), true)
	first := p.take(noon)
	if len(first.Fetch) != 1 {
		t.Fatalf("got %+v, want the request", first)
	}
	got := first.Fetch[0]
	if string(got.Key) != "k\xff" || got.Client != "c" || got.Priority != quota.Stale || got.Wait != 8000 || *got.Age != 1000 || !got.Whole {
		t.Errorf("got %+v", got)
	}
	for _, tt := range []struct {
		at   time.Duration
		want int
	}{{time.Millisecond, 0}, {resendAfter, 1}, {resendAfter + time.Millisecond, 0}} {
		if m := p.take(after(tt.at)); len(m.Fetch) != tt.want {
			t.Errorf("%v later: got %+v, want %d", tt.at, m, tt.want)
		}
	}
	p.again()
	if m := p.take(after(1100 * time.Millisecond)); len(m.Fetch) != 1 || m.Fetch[0].Wait != 6900 || m.Fetch[0].ID != got.ID {
		t.Errorf("got %+v, want it once more", m)
	}
	p.answer(answer{ID: got.ID, Fetched: true})
	p.answer(answer{ID: got.ID, Fetched: true})
	p.answer(answer{ID: 1})
	if a := <-r.answered; !a.Fetched || len(p.take(after(time.Minute)).Fetch) != 0 {
		t.Errorf("got %+v, and it is asked again", a)
	}
	p.remove(r)
	if m := p.take(after(time.Minute)); len(m.Left) != 0 {
		t.Errorf("got %+v after the answer, want nothing", m)
	}
}

// Whoever leads hears that nobody waits any more, unless it has heard nothing.
func TestPendingIsGivenUp(t *testing.T) {
	p := newPending()
	told, untold := p.add(Resource{}, quota.Waiter{}, time.Time{}, false), (*waiting)(nil)
	p.take(noon)
	untold = p.add(Resource{}, quota.Waiter{}, time.Time{}, false)
	p.remove(told)
	p.remove(untold)
	if m := p.take(noon); len(m.Fetch) != 0 || !slices.Equal(m.Left, []uint64{told.ID}) {
		t.Errorf("got %+v, want that the first is given up", m)
	}
}

func TestPendingIsSentInBatches(t *testing.T) {
	p := newPending()
	for range batch + 10 {
		p.add(Resource{}, quota.Waiter{}, time.Time{}, false)
	}
	if a, b, c := len(p.take(noon).Fetch), len(p.take(noon).Fetch), len(p.take(noon).Fetch); a != batch || b != 10 || c != 0 {
		t.Errorf("got %d, %d and %d", a, b, c)
	}
}

func TestAnswers(t *testing.T) {
	if f, err := (answer{Fetched: true, Asked: true, Led: true}).result(); err != nil || !f.Asked || !f.Led || f.Entry != nil {
		t.Errorf("got (%+v, %v)", f, err)
	}
	if f, err := (answer{Fetched: true, Page: []byte("damaged")}).result(); err != nil || f.Entry != nil {
		t.Errorf("got (%+v, %v) of a damaged page, want none", f, err)
	}
	var refused *quota.RefusedError
	if _, err := (answer{Refused: quota.Share, After: 5000}).result(); !errors.As(err, &refused) || refused.Reason != quota.Share || refused.RetryAfter != 5*time.Second {
		t.Errorf("got %v", err)
	}
	var failed *FailedError
	if _, err := (answer{Failed: "timeout", After: 1 << 40}).result(); !errors.As(err, &failed) || failed.Reason != "timeout" || failed.Pause != longestPause {
		t.Errorf("got %v, want a bounded pause", err)
	}
}

// What others ask for is carried out once, answered again to who asks again, and
// given up when they do not.
func TestServed(t *testing.T) {
	s := served{all: make(map[origin]*serving)}
	o, cancelled := origin{"a", 1}, 0
	cancel := func() { cancelled++ }
	if again, fresh := s.begin(o, cancel, noon); again != nil || !fresh {
		t.Error("it is not carried out")
	}
	if again, fresh := s.begin(o, cancel, after(4*time.Second)); again != nil || fresh {
		t.Error("it is carried out twice")
	}
	s.sweep(after(8 * time.Second))
	if cancelled != 0 {
		t.Error("it was given up although it was asked again")
	}
	s.end(o, answer{ID: 1, Led: true}, after(8*time.Second))
	if again, fresh := s.begin(o, cancel, after(9*time.Second)); again == nil || !again.Led || fresh {
		t.Error("it is not answered again")
	}
	s.sweep(after(time.Minute))
	if len(s.all) != 0 {
		t.Error("it is remembered for ever")
	}
	s.begin(o, cancel, noon)
	s.sweep(after(forgottenAfter + 1))
	s.begin(o, cancel, noon)
	s.leave(o)
	s.begin(o, cancel, noon)
	s.clear()
	if cancelled != 4 || len(s.all) != 0 {
		t.Errorf("%d were given up, %d are left", cancelled, len(s.all))
	}
}
