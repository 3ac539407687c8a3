package coalesce_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"perigee/proxy/coalesce"
)

// waiters is the state of calls in these tests: who has joined.
type waiters struct{ names []string }

func join(name string) func(*waiters) {
	return func(s *waiters) { s.names = append(s.names, name) }
}

// newGroup returns a Group that is closed when the test ends.
func newGroup(t *testing.T, o coalesce.Options) *coalesce.Group[waiters, string] {
	t.Helper()
	g := coalesce.NewGroup[waiters, string](o)
	t.Cleanup(g.Close)
	return g
}

// TestOneCallForAll: however many join, the call runs once, and all get its result.
func TestOneCallForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, coalesce.Options{})
		runs := 0
		run := func(context.Context, *waiters) (string, error) {
			runs++
			time.Sleep(time.Second)
			return "result", errors.New("and error")
		}
		var started, got sync.Map
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				c, first, err := g.Join("key", join(fmt.Sprint(i)), run)
				if err != nil {
					t.Errorf("join: %v", err)
					return
				}
				if first {
					started.Store(i, true)
				}
				r, err := c.Wait(t.Context())
				got.Store(i, fmt.Sprint(r, " ", err, " ", len(c.State().names)))
			})
		}
		all.Wait()
		if n := size(&started); n != 1 || runs != 1 {
			t.Errorf("%d callers started it and it ran %d times, want one each", n, runs)
		}
		for i := range 10 {
			if r, _ := got.Load(i); r != "result and error 10" {
				t.Errorf("caller %d got %q", i, r)
			}
		}
	})
}

func size(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}

// TestKeysAreApart: calls of different keys run at the same time.
func TestKeysAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, coalesce.Options{})
		start := time.Now()
		var calls []*coalesce.Call[waiters, string]
		for _, key := range []string{"a", "b", "c"} {
			c, started, err := g.Join(key, nil, func(context.Context, *waiters) (string, error) {
				time.Sleep(time.Second)
				return key, nil
			})
			if !started || err != nil {
				t.Fatalf("%s: started is %t, %v", key, started, err)
			}
			calls = append(calls, c)
		}
		for i, want := range []string{"a", "b", "c"} {
			if r, err := calls[i].Wait(t.Context()); r != want || err != nil {
				t.Errorf("got %q, %v, want %q", r, err, want)
			}
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %s, want a second", took)
		}
	})
}

// TestCallerThatLeaves: who started the call may leave it to the others.
func TestCallerThatLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, coalesce.Options{})
		run := func(ctx context.Context, _ *waiters) (string, error) {
			time.Sleep(time.Minute)
			return "result", ctx.Err()
		}
		first, _, _ := g.Join("key", nil, run)
		second, started, _ := g.Join("key", nil, run)
		if started {
			t.Error("the second started a call of its own")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := first.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the first got %v, want its own deadline", err)
		}
		if r, err := second.Wait(t.Context()); r != "result" || err != nil {
			t.Errorf("the second got %q, %v", r, err)
		}
	})
}

// TestNextCall: whoever comes after the end starts a new call with a new state, also
// from where the end was just seen.
func TestNextCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, coalesce.Options{})
		for i := range 3 {
			c, started, err := g.Join("key", join("me"), func(context.Context, *waiters) (string, error) { return fmt.Sprint(i), nil })
			if err != nil || !started || len(c.State().names) != 1 {
				t.Fatalf("round %d: started is %t, %v, state %v", i, started, err, c.State().names)
			}
			<-c.Done()
			for range 2 { // a result can be had more than once
				if r, _ := c.Result(); r != fmt.Sprint(i) {
					t.Errorf("round %d: got %q", i, r)
				}
			}
		}
	})
}

// TestPanic: a panic is an error for all who wait, is reported with its stack, and the
// next call runs.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reported string
		g := newGroup(t, coalesce.Options{Panicked: func(key string, value any, stack []byte) {
			reported = fmt.Sprintf("%s: %v in %t", key, value, strings.Contains(string(stack), "TestPanic"))
		}})
		run := func(context.Context, *waiters) (string, error) {
			time.Sleep(time.Second)
			panic("oops")
		}
		first, _, _ := g.Join("key", nil, run)
		second, _, _ := g.Join("key", nil, run)
		for _, c := range []*coalesce.Call[waiters, string]{first, second} {
			if r, err := c.Wait(t.Context()); r != "" || err == nil || err.Error() != "panic: oops" {
				t.Errorf("got %q, %v", r, err)
			}
		}
		if want := "key: oops in true"; reported != want {
			t.Errorf("reported %q, want %q", reported, want)
		}
		c, started, _ := g.Join("key", nil, func(context.Context, *waiters) (string, error) { return "well", nil })
		if r, err := c.Wait(t.Context()); !started || r != "well" || err != nil {
			t.Errorf("after the panic: started is %t, got %q, %v", started, r, err)
		}
	})
}

// TestExit: a call that ends its goroutine leaves nobody waiting.
func TestExit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, coalesce.Options{})
		c, _, _ := g.Join("key", nil, func(context.Context, *waiters) (string, error) {
			runtime.Goexit()
			return "", nil
		})
		if _, err := c.Wait(t.Context()); err == nil {
			t.Error("got no error")
		}
	})
}

// TestClose: it ends the contexts of calls and returns when they have ended; then
// nothing can be joined.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup(t, coalesce.Options{})
		ended := false
		c, _, _ := g.Join("key", nil, func(ctx context.Context, _ *waiters) (string, error) {
			<-ctx.Done()
			time.Sleep(time.Second)
			ended = true
			return "", ctx.Err()
		})
		g.Close()
		if !ended {
			t.Error("the call goes on")
		}
		if _, err := c.Result(); !errors.Is(err, coalesce.ErrClosed) || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want ErrClosed and the error of the call", err)
		}
		if _, _, err := g.Join("key", nil, nil); err != coalesce.ErrClosed {
			t.Errorf("join: got %v, want ErrClosed", err)
		}
	})
}

// TestStartedAndEnded: each call is reported once, before anyone can see its end.
func TestStartedAndEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var started, ended atomic.Int32
		g := newGroup(t, coalesce.Options{Started: func() { started.Add(1) }, Ended: func() { ended.Add(1) }})
		run := func(context.Context, *waiters) (string, error) { return "", nil }
		for i := range 5 {
			c, _, _ := g.Join(fmt.Sprint(i), nil, run)
			if n := started.Load(); n != int32(i+1) {
				t.Errorf("started: %d after %d calls", n, i+1)
			}
			<-c.Done()
		}
		g.Close()
		if n := ended.Load(); n != 5 {
			t.Errorf("ended: %d, want 5", n)
		}
	})
}

// TestAnyTimes: whatever the times at which callers come, stay and leave, calls of one
// key never overlap, every caller that stays gets a result that was made after it
// came, and each caller is in the state of the call that answers it.
func TestAnyTimes(t *testing.T) {
	type caller struct {
		Come, Stay, Run int // in seconds; Run is how long the call takes if it starts one
	}
	callers := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) caller {
		return caller{
			Come: rapid.IntRange(0, 12).Draw(t, "come"),
			Stay: rapid.IntRange(1, 12).Draw(t, "stay"),
			Run:  rapid.IntRange(0, 4).Draw(t, "run"),
		}
	}), 1, 12)
	type made struct{ end time.Time }
	rapid.Check(t, func(rt *rapid.T) {
		all := callers.Draw(rt, "callers")
		synctest.Test(t, func(t *testing.T) {
			g := coalesce.NewGroup[waiters, *made](coalesce.Options{})
			var running atomic.Int32
			var wait sync.WaitGroup
			for i, who := range all {
				wait.Go(func() {
					time.Sleep(time.Duration(who.Come) * time.Second)
					come := time.Now()
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(who.Stay)*time.Second)
					defer cancel()
					c, _, err := g.Join("key", join(fmt.Sprint(i)), func(context.Context, *waiters) (*made, error) {
						if running.Add(1) != 1 {
							t.Errorf("%v: two calls at a time", all)
						}
						time.Sleep(time.Duration(who.Run) * time.Second)
						running.Add(-1)
						return &made{end: time.Now()}, nil
					})
					if err != nil {
						t.Errorf("join: %v", err)
						return
					}
					r, err := c.Wait(ctx)
					switch {
					case err != nil:
						if left := time.Since(come); left != time.Duration(who.Stay)*time.Second {
							t.Errorf("%v: caller %d left after %s: %v", all, i, left, err)
						}
					case r.end.Before(come):
						t.Errorf("%v: caller %d came %s after the end of what it got", all, i, come.Sub(r.end))
					case !strings.Contains(fmt.Sprint(c.State().names), fmt.Sprint(i)):
						t.Errorf("%v: caller %d is not in %v", all, i, c.State().names)
					}
				})
			}
			wait.Wait()
			g.Close()
		})
	})
}

// TestNobodyJoinsTheDead: many callers in real time, each of which must get a result
// that no earlier caller of its own goroutine got.
func TestNobodyJoinsTheDead(t *testing.T) {
	g := coalesce.NewGroup[struct{}, int64](coalesce.Options{})
	defer g.Close()
	var counter atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			last := int64(0)
			for range 2000 {
				c, _, err := g.Join("key", nil, func(context.Context, *struct{}) (int64, error) { return counter.Add(1), nil })
				if err != nil {
					t.Errorf("join: %v", err)
					return
				}
				r, err := c.Wait(t.Context())
				if err != nil || r <= last {
					t.Errorf("got %d, %v after %d", r, err, last)
					return
				}
				last = r
			}
		})
	}
	all.Wait()
}
