package upstream

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestPassLimitRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPassLimit(100, 2, 3)
		for range 3 {
			enter(t, l)()
		}
		for range 2 { // being refused costs nothing: the wait does not grow
			if got, want := refused(t, l), 500*time.Millisecond; got != want {
				t.Errorf("retry in %v, want %v", got, want)
			}
		}
		if got := len(l.places); got != 0 {
			t.Errorf("%d places are taken by the refused", got)
		}
		<-time.After(500 * time.Millisecond)
		enter(t, l)()
		refused(t, l)
	})
}

func TestPassLimitConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPassLimit(2, 1000, 1000)
		leave := enter(t, l)
		defer enter(t, l)()

		start := time.Now()
		if got := refused(t, l); got != passPatience || time.Since(start) != passPatience {
			t.Errorf("refused after %v, retry in %v; want %v and %v", time.Since(start), got, passPatience, passPatience)
		}

		// One who waits gets the place when it is given back, and only once.
		start = time.Now()
		time.AfterFunc(time.Second, func() { leave(); leave() })
		defer enter(t, l)()
		if got := time.Since(start); got != time.Second {
			t.Errorf("waited %v, want 1s", got)
		}
		refused(t, l)
	})
}

func TestPassLimitCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPassLimit(1, 1000, 1000)
		defer enter(t, l)()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := l.enter(ctx)
		if e := failure(t, err); e.Sent || e.Op != "wait" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %+v", e)
		}
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := l.enter(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// enter takes a place.
func enter(t *testing.T, l *passLimit) (leave func()) {
	t.Helper()
	leave, err := l.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return leave
}

// refused asks for a place in vain, and returns when to come back.
func refused(t *testing.T, l *passLimit) time.Duration {
	t.Helper()
	_, err := l.enter(t.Context())
	busy, ok := errors.AsType[*BusyError](err)
	if !ok {
		t.Fatalf("got %v, want a *BusyError", err)
	}
	return busy.RetryAfter
}
