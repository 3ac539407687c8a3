package upstream

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// slotWait is how long a request waits for a slot: about as long as a browser takes
// to load the rest of a page.
const slotWait = 2 * time.Second

// limiter bounds what is passed through, in number and in rate, so that clients who
// fetch style sheets cannot make the proxy a burden to upstream.
type limiter struct {
	slots chan struct{} // holds one element for each request under way
	rate  *rate.Limiter
}

func newLimiter(concurrency int, perSecond float64, burst int) *limiter {
	return &limiter{
		slots: make(chan struct{}, concurrency),
		rate:  rate.NewLimiter(rate.Limit(perSecond), burst),
	}
}

// acquire admits one request, until release is called for the first time. It waits
// for a slot for a short time, but not for the rate. The error is a *BusyError, or an
// *Error when ctx ends first.
func (l *limiter) acquire(ctx context.Context) (release func(), err error) {
	if err := l.slot(ctx); err != nil {
		return nil, err
	}
	release = sync.OnceFunc(func() { <-l.slots })
	r := l.rate.Reserve()
	if wait := r.Delay(); wait > 0 {
		r.Cancel()
		release()
		return nil, &BusyError{RetryAfter: wait}
	}
	return release, nil
}

// slot takes a slot, and waits for one if it must.
func (l *limiter) slot(ctx context.Context) error {
	select {
	case l.slots <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(slotWait)
	defer timer.Stop()
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &Error{Op: "wait", Err: classify(ctx, ctx.Err())}
	case <-timer.C:
		return &BusyError{RetryAfter: slotWait}
	}
}
