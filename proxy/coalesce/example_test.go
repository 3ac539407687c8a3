package coalesce_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"perigee/proxy/coalesce"
)

// Two callers want the same page at the same time. It is fetched once.
func Example() {
	pages := coalesce.NewGroup[struct{}, string](coalesce.Options{})
	defer pages.Close()

	released := make(chan struct{})
	fetch := func(context.Context, *struct{}) (string, error) {
		<-released // upstream takes its time
		return "the page", nil
	}
	first, started, _ := pages.Join("/page", nil, fetch)
	fmt.Println("the first started a fetch:", started)
	second, started, _ := pages.Join("/page", nil, fetch)
	fmt.Println("the second started a fetch:", started)
	close(released)

	for _, call := range []*coalesce.Call[struct{}, string]{first, second} {
		page, err := call.Wait(context.Background())
		fmt.Println(page, err)
	}
	// Output:
	// the first started a fetch: true
	// the second started a fetch: false
	// the page <nil>
	// the page <nil>
}

// A call knows who waits for it: here how many, which the fetch tells when it ends.
// A state that the call reads while others join would need a lock of its own.
func ExampleGroup_Join_state() {
	type state struct{ waiters int }
	group := coalesce.NewGroup[state, int](coalesce.Options{})
	defer group.Close()

	released := make(chan struct{})
	fetch := func(_ context.Context, s *state) (int, error) {
		<-released // whoever joins has joined
		return s.waiters, nil
	}
	enter := func(s *state) { s.waiters++ }
	call, _, _ := group.Join("key", enter, fetch)
	_, _, _ = group.Join("key", enter, fetch)
	_, _, _ = group.Join("key", enter, fetch)
	close(released)
	fmt.Println(call.Result())
	// Output: 3 <nil>
}

// A caller that loses patience leaves. The call goes on for the others, and its
// result can be had later.
func ExampleCall_Wait() {
	group := coalesce.NewGroup[struct{}, string](coalesce.Options{})
	defer group.Close()

	released := make(chan struct{})
	call, _, _ := group.Join("key", nil, func(context.Context, *struct{}) (string, error) {
		<-released
		return "late, but there", nil
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err := call.Wait(ctx)
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	close(released)
	fmt.Println(call.Result())
	// Output:
	// true
	// late, but there <nil>
}
