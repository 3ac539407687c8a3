package quota

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// clerk is a Pool that answers as it is told, and keeps the letters.
type clerk struct {
	answer func(Letter) (Answer, error)

	mu      sync.Mutex // guards letters
	letters []Letter
}

func (c *clerk) News() <-chan struct{} { return nil }

func (c *clerk) Exchange(l Letter) (Answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.letters = append(c.letters, l)
	return c.answer(l)
}

// takes are the slots that letters asked for.
func (c *clerk) takes() (ids []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.letters {
		if l.Take != nil {
			ids = append(ids, l.Take.ID)
		}
	}
	return ids
}

// gives is the answer of a ledger that gives whatever it is asked for.
func gives(l Letter) (Answer, error) {
	return Answer{
		Word: Read, Now: time.Now().UnixMilli(), Epoch: "epoch", Seq: l.Seq + 1, Members: []string{"me", "other"},
		Escrow: 2, Base: l.Base, Parts: 2, Taken: l.Take != nil,
	}, nil
}

// refuses is the answer of one that gives no slot.
func refuses(l Letter, v Verdict) (Answer, error) {
	a, _ := gives(l)
	a.Taken, a.Verdict = false, v
	return a, nil
}

func sharedGate(t *testing.T, c *clerk, limit int) *Gate {
	t.Helper()
	g := newGate(t, Options{Limit: limit, Period: time.Hour, Pool: c, Replica: "me", Hold: hold})
	g.correspond() // as Share does at the start
	return g
}

func TestEverySlotIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clerk{answer: gives}
		g := sharedGate(t, c, 15)
		for range 3 {
			if err := fetch(t, g, "a", Waiting, 0); err != nil {
				t.Fatal(err)
			}
		}
		ids := c.takes()
		if slices.Sort(ids); len(ids) != 3 || len(slices.Compact(ids)) != 3 {
			t.Errorf("asked for %q, want three slots", ids)
		}
	})
}

// A letter that came too late learns what others have taken meanwhile, and the slot
// is decided about once more.
func TestWhoIsBehindDecidesAgain(t *testing.T) {
	for _, tt := range []struct {
		limit, takes int
		granted      bool
	}{{3, 2, true}, {2, 1, false}} {
		synctest.Test(t, func(t *testing.T) {
			c := &clerk{answer: gives}
			g := sharedGate(t, c, tt.limit)
			behind := true
			c.answer = func(l Letter) (Answer, error) {
				if l.Take == nil || !behind {
					return gives(l)
				}
				behind = false
				a, _ := refuses(l, Behind)
				for _, id := range []string{"b.1", "b.2"} {
					a.Slots = append(a.Slots, SharedSlot{ID: id, Reserved: a.Now, Charges: map[string]int64{"b": wholeRequest}})
				}
				return a, nil
			}
			err := fetch(t, g, "a", Waiting, 0)
			if (err == nil) != tt.granted || len(c.takes()) != tt.takes {
				t.Errorf("limit %d: error %v after asking for %q", tt.limit, err, c.takes())
			}
			if !tt.granted {
				if got := refusal(t, err); got.Reason != Spent {
					t.Errorf("refused with %+v, want %s", got, Spent)
				}
			}
			if got := g.Stats(); got.Own > tt.limit {
				t.Errorf("%d spent of %d", got.Own, tt.limit)
			}
		})
	}
}

// Two slots are allotted at once. The answer to the letter for the first tells what
// others took, and that the second is not there any more: it is not asked for.
func TestWhatIsOutdatedIsNotAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clerk{answer: gives}
		g := sharedGate(t, c, 4)
		first, goOn := true, make(chan struct{})
		c.answer = func(l Letter) (Answer, error) {
			a, _ := gives(l)
			if l.Take == nil || !first {
				return a, nil
			}
			first = false
			<-goOn
			for _, id := range []string{"b.1", "b.2", "b.3"} {
				a.Slots = append(a.Slots, SharedSlot{ID: id, Reserved: a.Now})
			}
			return a, nil
		}
		var results [2]chan error
		for i, client := range []string{"a", "b"} {
			results[i] = make(chan error, 1)
			go func() { results[i] <- fetch(t, g, client, Waiting, 0) }()
			synctest.Wait()
		}
		close(goOn)
		if err := <-results[0]; err != nil {
			t.Errorf("the first: %v", err)
		}
		if got := refusal(t, <-results[1]); got.Reason != Spent || len(c.takes()) != 1 {
			t.Errorf("the second: %+v after asking for %q, want one", got, c.takes())
		}
	})
}

// What is held for others is asked for once a second, for as long as who waits has
// patience.
func TestHeldSlotsAreWaitedFor(t *testing.T) {
	for _, tt := range []struct {
		patience, waits time.Duration
		takes           int
	}{
		{heldPause / 2, 0, 1},
		{heldPause, heldPause, 2},
		{5 * heldPause / 2, 2 * heldPause, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := &clerk{answer: gives}
			g := sharedGate(t, c, 15)
			c.answer = func(l Letter) (Answer, error) { return refuses(l, Held) }
			before := time.Now()
			refusal(t, fetch(t, g, "a", Waiting, tt.patience))
			if waited := time.Since(before); waited != tt.waits || len(c.takes()) != tt.takes {
				t.Errorf("patience %v: refused after %v and %d letters, want %v and %d",
					tt.patience, waited, len(c.takes()), tt.waits, tt.takes)
			}
			if got := g.Stats(); got.Own != 0 || got.Waiting != 0 {
				t.Errorf("%+v: something was spent, or still waits", got)
			}
		})
	}
}

// Others have yet to hear of the latest: it is asked for again, ever less often,
// and had in the end.
func TestSettlingIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clerk{answer: gives}
		g := sharedGate(t, c, 15)
		left := 3
		c.answer = func(l Letter) (Answer, error) {
			if l.Take == nil || left == 0 {
				return gives(l)
			}
			left--
			return refuses(l, Settling)
		}
		before := time.Now()
		if err := fetch(t, g, "a", Waiting, time.Second); err != nil {
			t.Fatal(err)
		}
		if got, want := time.Since(before), (1+2+4)*settleLeast; got != want {
			t.Errorf("granted after %v, want %v", got, want)
		}
	})
}

// When the ledger is lost a replica spends what it holds in escrow, and not one
// more, however often it is asked.
func TestLostLedgerLeavesTheEscrow(t *testing.T) {
	for _, err := range []error{ErrUnsent, errLost} {
		synctest.Test(t, func(t *testing.T) {
			c := &clerk{answer: gives}
			g := sharedGate(t, c, 15)
			c.answer = func(Letter) (Answer, error) { return Answer{}, err }
			granted := 0
			for range 10 {
				if fetch(t, g, "a", Waiting, 0) == nil {
					granted++
				}
				g.correspond()
			}
			if granted != 2 {
				t.Errorf("%v: %d were granted, want the 2 in escrow", err, granted)
			}
		})
	}
}

func TestShareTakesLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clerk{answer: gives}
		g := newGate(t, Options{Limit: 15, Period: time.Hour, Pool: c, Replica: "me", Hold: hold})
		ctx, leave := context.WithCancel(t.Context())
		var sharing sync.WaitGroup
		sharing.Go(func() { g.Share(ctx) })
		synctest.Wait()
		if err := fetch(t, g, "a", Waiting, time.Second); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*beat + beat/2)
		leave()
		sharing.Wait()
		last := len(c.letters) - 1
		for i, l := range c.letters {
			if l.Leave != (i == last) {
				t.Errorf("letter %d of %d: leave %t", i, last, l.Leave)
			}
		}
		if last < 10 {
			t.Errorf("%d letters in ten beats", last)
		}
		told := 0
		for _, l := range c.letters {
			for _, s := range l.Slots {
				if s.Ended != nil {
					told++
				}
			}
		}
		if told != 1 {
			t.Errorf("the end of one slot was told %d times", told)
		}
	})
}

// While a letter is under way that offers all of the escrow, nobody is refused for
// want of it: the answer may be that nobody has read the letter.
func TestNobodyIsRefusedWhileALetterIsUnderWay(t *testing.T) {
	for _, tt := range []struct {
		err      error
		patience time.Duration
		granted  bool
	}{{ErrUnsent, 0, true}, {ErrUnsent, 5 * time.Second, true}, {errLost, 0, false}, {errLost, 5 * time.Second, false}} {
		synctest.Test(t, func(t *testing.T) {
			c := &clerk{answer: func(Letter) (Answer, error) {
				time.Sleep(100 * time.Millisecond)
				return Answer{}, tt.err
			}}
			g := newGate(t, Options{Limit: 15, Period: time.Hour, Pool: c, Replica: "me", Hold: hold})
			time.Sleep(2 * joining)
			begin := time.Now()
			var writing sync.WaitGroup
			writing.Go(g.correspond)
			time.Sleep(50 * time.Millisecond) // the letter is under way
			err := fetch(t, g, "a", Waiting, tt.patience)
			if granted := err == nil; granted != tt.granted || time.Since(begin) < 100*time.Millisecond {
				t.Errorf("%v, patience %v: got %v after %v", tt.err, tt.patience, err, time.Since(begin))
			}
			writing.Wait()
		})
	}
}

// A ledger that knows nothing of this replica would keep its part for it: it is told
// all, and then lets it go.
func TestLeaveIsTakenOfAStranger(t *testing.T) {
	for _, tt := range []struct {
		word    Word
		strange int // answers of that kind
		letters int // of leave
	}{{Read, 0, 1}, {Stranger, 1, 2}, {Empty, 1, 2}, {Stranger, 100, maxLetters}} {
		synctest.Test(t, func(t *testing.T) {
			c := &clerk{answer: gives}
			g := sharedGate(t, c, 15)
			before := len(c.letters)
			c.answer = func(l Letter) (Answer, error) {
				if len(c.letters)-before <= tt.strange {
					return Answer{Word: tt.word, Now: time.Now().UnixMilli()}, nil
				}
				return gives(l)
			}
			g.takeLeave()
			letters := c.letters[before:]
			if len(letters) != tt.letters {
				t.Errorf("%s: got %d letters, want %d", tt.word, len(letters), tt.letters)
			}
			for i, l := range letters {
				if !l.Leave || l.Whole != (i > 0) {
					t.Errorf("%s, letter %d: leave %t, whole %t", tt.word, i, l.Leave, l.Whole)
				}
			}
		})
	}
}

// A replica whose first letter was read, but not answered in time, and that was
// killed then, went on as one that nobody has heard of: it spent a third of the
// quota that the others believed to be theirs.
func TestOnceHeardIsRememberedOverAKill(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int // that may be spent alone after it
	}{{ErrUnsent, 5}, {errLost, 0}} {
		synctest.Test(t, func(t *testing.T) {
			c := &clerk{answer: func(Letter) (Answer, error) { return Answer{}, tt.err }}
			o := Options{Limit: 15, Period: time.Hour, Pool: c, Replica: "me", Hold: hold}
			before := newGate(t, o)
			saved := snapshotOf(before)
			before.save = func(snapshot []byte) { saved = snapshot }
			before.correspond()
			after := newGate(t, o)
			if err := after.Restore(saved); err != nil {
				t.Fatal(err)
			}
			time.Sleep(joining)
			if got := after.View("a", time.Now()).Remaining; got != tt.want {
				t.Errorf("%v: %d may be spent, want %d", tt.err, got, tt.want)
			}
		})
	}
}
