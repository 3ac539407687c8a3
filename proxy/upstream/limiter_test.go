package upstream

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiterRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(100, 2, 3, time.Hour)
		for range 3 {
			acquire(t, l)()
		}
		for range 2 { // being refused costs nothing: the wait does not grow
			if got, want := refused(t, l), 500*time.Millisecond; got != want {
				t.Errorf("retry in %v, want %v", got, want)
			}
		}
		if got := len(l.slots); got != 0 {
			t.Errorf("%d slots are taken by the refused", got)
		}
		<-time.After(500 * time.Millisecond)
		acquire(t, l)()
		refused(t, l)
	})
}

func TestLimiterConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(2, 1000, 1000, time.Hour)
		release := acquire(t, l)
		defer acquire(t, l)()

		start := time.Now()
		if got := refused(t, l); got != slotWait || time.Since(start) != slotWait {
			t.Errorf("refused after %v, retry in %v; want %v and %v", time.Since(start), got, slotWait, slotWait)
		}

		// One who waits gets the slot when it is released, and only once.
		start = time.Now()
		time.AfterFunc(time.Second, func() { release(); release() })
		defer acquire(t, l)()
		if got := time.Since(start); got != time.Second {
			t.Errorf("waited %v, want 1s", got)
		}
		refused(t, l)
	})
}

func TestLimiterCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1, 1000, 1000, time.Hour)
		defer acquire(t, l)()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := l.acquire(ctx, func() {})
		if e := failure(t, err); e.Sent || e.Op != "wait" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %+v", e)
		}
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := l.acquire(ctx, func() {}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// A file that was slow was cut off after two minutes, though nobody needed its slot;
// and eight slow readers must not keep everybody else out.
func TestTheOldestGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(2, 1000, 1000, time.Minute)
		ended := make([]bool, 3)
		for i := range 2 {
			if _, err := l.acquire(t.Context(), func() { ended[i] = true }); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Second)
		}
		refused(t, l) // none has had its minute
		time.Sleep(time.Hour)
		if ended[0] || ended[1] {
			t.Error("a request has ended that nobody had to wait for")
		}
		if _, err := l.acquire(t.Context(), func() { ended[2] = true }); err != nil {
			t.Fatal(err)
		}
		if !ended[0] || ended[1] {
			t.Errorf("ended: %v, want the oldest alone", ended)
		}
		acquire(t, l)
		refused(t, l) // of the two that are left none has had its minute
		if !ended[1] || ended[2] {
			t.Errorf("ended: %v, want the oldest alone", ended)
		}
	})
}

// acquire takes a slot.
func acquire(t *testing.T, l *limiter) (release func()) {
	t.Helper()
	release, err := l.acquire(t.Context(), func() {})
	if err != nil {
		t.Fatal(err)
	}
	return release
}

// refused asks for a slot in vain, and returns when to come back.
func refused(t *testing.T, l *limiter) time.Duration {
	t.Helper()
	_, err := l.acquire(t.Context(), func() {})
	busy, ok := errors.AsType[*BusyError](err)
	if !ok {
		t.Fatalf("got %v, want a *BusyError", err)
	}
	return busy.RetryAfter
}
