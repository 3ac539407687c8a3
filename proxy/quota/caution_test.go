package quota

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// cautious is a gate of 15 an hour that keeps to c, and what upstream counts.
type cautious struct {
	*Gate
	used  int  // by others
	fails bool // reports do
	asked int  // reports
}

func newCautious(t *testing.T, c Caution) *cautious {
	t.Helper()
	g := &cautious{Gate: newGate(t, Options{})}
	now := time.Now()
	g.Learn(Report{Limit: 15, Period: time.Hour}, now, now)
	g.SetCaution(c)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		for g.AwaitReport(ctx) == nil {
			g.asked++
			asked := time.Now()
			time.Sleep(20 * time.Millisecond)
			if g.fails {
				g.ReportFailed()
				continue
			}
			g.Learn(Report{Limit: 15, Period: time.Hour, Used: g.used + g.Stats().Own}, asked, time.Now())
		}
	}()
	return g
}

// spend has so many new clients ask one after the other, and counts those who get a
// slot.
func (g *cautious) spend(t *testing.T, clients int) (granted int) {
	t.Helper()
	for i := range clients {
		if fetch(t, g.Gate, fmt.Sprint("client ", i), Waiting, 0) == nil {
			granted++
		}
	}
	return granted
}

func TestCaution(t *testing.T) {
	for _, tt := range []struct {
		name    string
		caution Caution
		used    int
		fails   bool
		want    int // granted of 20
		reports int // asked for, at least
	}{
		{"none", Caution{}, 0, false, 15, 0},
		{"slots are kept", Caution{Keep: 3}, 0, false, 12, 0},
		{"more than there are", Caution{Keep: 20}, 0, false, 0, 0},
		{"so many and no more", Caution{Most: 5}, 0, false, 5, 0},
		{"a report each time", Caution{Reported: true}, 0, false, 15, 15},
		{"which tells what others spend", Caution{Reported: true, Keep: 2}, 10, false, 3, 3},
		{"without one if there is none", Caution{Reported: true}, 0, true, 15, 1},
		{"alone", Caution{Keep: 3, Most: 5, Reported: true, Single: true}, 0, false, 5, 5},
		{"alone, while others spend", Caution{Keep: 3, Most: 5, Reported: true, Single: true}, 10, false, 2, 2},
		{"alone, without a report", Caution{Keep: 3, Most: 5, Reported: true, Single: true}, 0, true, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newCautious(t, tt.caution)
				g.used, g.fails = tt.used, tt.fails
				time.Sleep(10 * time.Second)
				if got := g.spend(t, 20); got != tt.want || g.asked < tt.reports {
					t.Errorf("%d granted after %d reports, want %d and at least %d", got, g.asked, tt.want, tt.reports)
				}
			})
		})
	}
}

// One that is alone sends one request at a time, and a period later it may send as
// many again.
func TestCautionAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newCautious(t, Caution{Keep: 1, Most: 2, Reported: true, Single: true})
		time.Sleep(10 * time.Second)
		request := g.NewFetchRequest()
		request.Join(Waiter{Client: "a", Deadline: time.Now().Add(5 * time.Second)})
		first, err := g.Acquire(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if err := fetch(t, g.Gate, "b", Waiting, 2*time.Second); err == nil {
			t.Error("two are under way")
		}
		first.Done(time.Now())
		if err := fetch(t, g.Gate, "b", Waiting, 2*time.Second); err != nil {
			t.Errorf("the next: %v", err)
		}
		if got := g.spend(t, 5); got != 0 {
			t.Errorf("%d more in the same period", got)
		}
		time.Sleep(time.Hour + time.Minute)
		if got := g.spend(t, 5); got != 2 {
			t.Errorf("%d in the next period, want 2", got)
		}
	})
}

// A gate that follows shows what the other one has spent, sends and asks for nothing,
// and goes on from there when it is activated: what was under way counts from then
// on, for as long as it may still be sent.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leader := newGate(t, Options{})
		now := time.Now()
		leader.Learn(Report{Limit: 15, Period: time.Hour, Used: 2}, now, now)
		for range 3 {
			if err := fetch(t, leader, "a", Waiting, 0); err != nil {
				t.Fatal(err)
			}
		}
		open := leader.NewFetchRequest()
		open.Join(Waiter{Client: "b"})
		if _, err := leader.Acquire(t.Context(), open); err != nil {
			t.Fatal(err)
		}
		snapshot := snapshotOf(leader)

		saves := 0
		g := newGate(t, Options{Standby: true, Hold: time.Minute, Save: func([]byte) error { saves++; return nil }})
		g.Standby()
		if s := g.Stats(); s.Known {
			t.Errorf("got %+v before it was told anything", s)
		}
		time.Sleep(10 * time.Minute)
		if err := g.Follow(snapshot, 10*time.Minute); err != nil {
			t.Fatal(err)
		}
		if s := g.Stats(); !s.Known || s.Own != 4 || s.Foreign != 2 || s.Limit != 15 || time.Since(s.Reported).Round(time.Second) != 10*time.Minute {
			t.Errorf("got %+v, want what the other one knows", s)
		}
		if v := g.View("c", time.Now()); v.Remaining == 0 || v.Used != 6 {
			t.Errorf("a client sees %+v", v)
		}
		if err := g.Follow([]byte("damaged"), 0); err == nil || g.Stats().Own != 4 {
			t.Error("a damaged snapshot was taken in")
		}
		waits := make(chan error, 1)
		go func() { waits <- fetch(t, g, "c", Waiting, 20*time.Second) }()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := g.AwaitReport(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a report was asked for: %v", err)
		}
		if len(waits) != 0 || saves != 0 {
			t.Errorf("it sends, or saves (%d)", saves)
		}
		activated := time.Now()
		g.Activate()
		now = time.Now()
		g.Learn(Report{Limit: 15, Period: time.Hour, Used: 6}, now, now)
		if err := <-waits; err != nil || saves == 0 {
			t.Errorf("got %v after it was activated, and %d saves", err, saves)
		}
		for _, tt := range []struct {
			after time.Duration
			own   int
		}{{time.Hour + 30*time.Second, 1}, {time.Hour + 65*time.Second, 0}} {
			time.Sleep(time.Until(activated.Add(tt.after)))
			if s := g.Stats(); s.Own != tt.own {
				t.Errorf("%v after it was activated: got %+v, want %d", tt.after, s, tt.own)
			}
		}
	})
}

// What cannot be saved is not granted, and costs nothing.
func TestNotSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		fails := broken
		g := newGate(t, Options{Limit: 1, Period: time.Hour, Save: func([]byte) error { return fails }})
		if err := fetch(t, g, "a", Waiting, 0); !errors.Is(err, ErrNotSaved) || !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if s := g.Stats(); s.Own != 0 {
			t.Errorf("got %+v, want nothing spent", s)
		}
		fails = nil
		if err := fetch(t, g, "a", Waiting, 0); err != nil {
			t.Errorf("got %v when it can be saved", err)
		}
	})
}

// What is assumed to be spent is until a report says otherwise, for which those wait
// who have the patience; without one it is for a period.
func TestAssumeExhausted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Options{Limit: 15, Period: time.Hour})
		g.AssumeExhausted()
		waits := make(chan error, 1)
		go func() { waits <- fetch(t, g, "a", Waiting, 8*time.Second) }()
		if err := g.AwaitReport(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		asked := time.Now()
		time.Sleep(time.Second)
		g.Learn(Report{Limit: 15, Period: time.Hour, Used: 14}, asked, time.Now())
		if err := <-waits; err != nil {
			t.Errorf("got %v after the report", err)
		}
		g.AssumeExhausted()
		g.ReportFailed()
		refused := refusal(t, fetch(t, g, "a", Waiting, 8*time.Second))
		if refused.RetryAfter < 58*time.Minute {
			t.Errorf("refused for %v, want about a period", refused.RetryAfter)
		}
		time.Sleep(time.Hour + 2*time.Second)
		if err := fetch(t, g, "a", Waiting, 0); err != nil {
			t.Errorf("got %v a period later", err)
		}
	})
}
