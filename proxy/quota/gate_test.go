package quota

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func newGate(t *testing.T, o Options) *Gate {
	t.Helper()
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// snapshotOf is what a gate would save now.
func snapshotOf(g *Gate) []byte {
	data, _ := g.snapshot()
	return data
}

// fetch acquires for one client, and has the answer come at once.
func fetch(t *testing.T, g *Gate, client string, p Priority, wait time.Duration) error {
	t.Helper()
	d := g.NewFetchRequest()
	defer d.Join(Waiter{Client: client, Priority: p, Deadline: time.Now().Add(wait)})()
	grant, err := g.Acquire(t.Context(), d)
	if err != nil {
		return err
	}
	defer grant.Close()
	grant.Sent()
	grant.Done(time.Now())
	return nil
}

func refusal(t *testing.T, err error) *RefusedError {
	t.Helper()
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok {
		t.Fatalf("error %v, want a refusal", err)
	}
	return refused
}

func TestGateRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Options{Limit: 3, Period: time.Hour, Reserve: 1})
		for range 2 {
			if err := fetch(t, g, "a", Waiting, 0); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(10 * time.Minute)
		before := time.Now()
		got := refusal(t, fetch(t, g, "a", Waiting, 8*time.Second))
		if waited := time.Since(before); waited != 0 {
			t.Errorf("refused after %v", waited)
		}
		if want := 50*time.Minute + margin; got.RetryAfter != want || got.Reason != Spent {
			t.Errorf("refused with %+v, want %v, %s", got, want, Spent)
		}
		if err := fetch(t, g, "b", Waiting, 0); err != nil {
			t.Errorf("who has spent nothing did not get the reserve: %v", err)
		}
	})
}

func TestGateWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Options{Limit: 1, Period: time.Minute})
		if err := fetch(t, g, "a", Waiting, 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(55 * time.Second)
		before := time.Now()
		if err := fetch(t, g, "a", Waiting, 8*time.Second); err != nil {
			t.Fatal(err)
		}
		if got, want := time.Since(before), 6*time.Second; got != want {
			t.Errorf("waited %v, want %v", got, want)
		}
	})
}

// acquire starts a flight and returns what becomes of it.
func acquire(t *testing.T, g *Gate, d *FetchRequest) <-chan error {
	t.Helper()
	result := make(chan error, 1)
	go func() {
		grant, err := g.Acquire(t.Context(), d)
		if err == nil {
			grant.Close()
		}
		result <- err
	}()
	synctest.Wait()
	return result
}

func TestGateDropsWhatNobodyWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		watch := &witness{}
		g := newGate(t, Options{Limit: 1, Period: 10 * time.Second, Observer: watch})
		if err := fetch(t, g, "a", Waiting, 0); err != nil {
			t.Fatal(err)
		}
		d := g.NewFetchRequest()
		first := d.Join(Waiter{Client: "a", Priority: Waiting, Deadline: time.Now().Add(time.Minute)})
		second := d.Join(Waiter{Client: "b", Priority: Waiting, Deadline: time.Now().Add(time.Minute)})
		result := acquire(t, g, d)
		first()
		first()
		synctest.Wait()
		select {
		case err := <-result:
			t.Fatalf("decided (%v) while one still waits", err)
		default:
		}
		second()
		if err := <-result; !errors.Is(err, ErrNobodyWaits) {
			t.Errorf("error %v, want %v", err, ErrNobodyWaits)
		}
		if got := g.Stats(); got.Own != 1 || got.Waiting != 0 {
			t.Errorf("%+v: something was spent, or still waits", got)
		}
		if got, want := watch.String(), "granted waiting, dropped "; got[:len(want)] != want {
			t.Errorf("observed %q, want %q", got, want)
		}
		if _, err := g.Acquire(t.Context(), g.NewFetchRequest()); !errors.Is(err, ErrNobodyWaits) {
			t.Errorf("error %v for a request without waiters, want %v", err, ErrNobodyWaits)
		}
	})
}

// A joiner with more patience keeps a request alive beyond the first one's.
func TestGateJoinerExtendsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Options{Limit: 1, Period: 10 * time.Second})
		if err := fetch(t, g, "a", Waiting, 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		d := g.NewFetchRequest()
		d.Join(Waiter{Client: "a", Priority: Stale, Deadline: time.Now().Add(6 * time.Second)})
		result := acquire(t, g, d)
		d.Join(Waiter{Client: "b", Priority: Waiting, Deadline: time.Now().Add(20 * time.Second)})
		before := time.Now()
		if err := <-result; err != nil {
			t.Error(err)
		}
		if got, want := time.Since(before), 6*time.Second; got != want {
			t.Errorf("granted after %v, want %v", got, want)
		}
		top := g.TopClients(5)
		if len(top) != 2 || top[0].Requests != 0.5 || top[1].Requests != 0.5 {
			t.Errorf("charged %v, want both one half", top)
		}
	})
}

func TestGateContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Options{Limit: 1, Period: 10 * time.Second})
		if err := fetch(t, g, "a", Waiting, 0); err != nil {
			t.Fatal(err)
		}
		d := g.NewFetchRequest()
		d.Join(Waiter{Client: "b", Priority: Waiting, Deadline: time.Now().Add(time.Minute)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.Acquire(ctx, d); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
		}
		if got := g.Stats(); got.Waiting != 0 || got.Own != 1 {
			t.Errorf("%+v: something was spent, or still waits", got)
		}
	})
}

// TestGateCrowd lets many goroutines join, leave, acquire and end at the same time.
func TestGateCrowd(t *testing.T) {
	g := newGate(t, Options{Limit: 50, Period: time.Hour, Reserve: 2, Save: func([]byte) error { return nil }, Observer: &witness{}})
	var crowd sync.WaitGroup
	for i := range 64 {
		crowd.Go(func() {
			client := string(rune('a' + i%8))
			d := g.NewFetchRequest()
			leave := d.Join(Waiter{Client: client, Deadline: time.Now().Add(10 * time.Millisecond)})
			crowd.Go(func() { d.Join(Waiter{Client: "z"})() })
			grant, err := g.Acquire(t.Context(), d)
			leave()
			if err != nil {
				return
			}
			defer grant.Close()
			if i%3 == 0 {
				grant.Unused()
				return
			}
			grant.Sent()
			grant.Done(time.Now())
		})
	}
	crowd.Wait()
	if got := g.Stats(); got.Own > 50 || got.Waiting != 0 {
		t.Errorf("%+v at the end", got)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{
		{Limit: -1}, {Reserve: -1}, {Queue: -1}, {Fanout: -1},
		{Limit: 15}, {Limit: 15, Period: time.Millisecond}, {Limit: 15, Period: 2 * maxPeriod},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

// witness notes what it observes.
type witness struct {
	mu  sync.Mutex
	all string
}

func (w *witness) note(s string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all += s + ", "
}

func (w *witness) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all
}

func (w *witness) QuotaGranted(priority string, _ time.Duration) { w.note("granted " + priority) }
func (w *witness) QuotaRefused(priority, reason string, _ time.Duration) {
	w.note("refused " + priority + " " + reason)
}
func (w *witness) QuotaDropped(priority string) { w.note("dropped " + priority) }
