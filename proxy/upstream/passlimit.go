package upstream

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// passPatience is how long a request waits for one of the places: about as long as
// a browser takes to load the rest of a page.
const passPatience = 2 * time.Second

// passLimit bounds what is passed through, in number and in rate, so that clients
// who fetch style sheets cannot make the proxy a burden to upstream.
type passLimit struct {
	places chan struct{} // holds one element for each request under way
	rate   *rate.Limiter
}

func newPassLimit(concurrency int, perSecond float64, burst int) *passLimit {
	return &passLimit{
		places: make(chan struct{}, concurrency),
		rate:   rate.NewLimiter(rate.Limit(perSecond), burst),
	}
}

// enter admits one request, until leave is called for the first time. It waits for
// a place for a short time, but not for the rate. The error is a *BusyError, or an
// *Error when ctx ends first.
func (l *passLimit) enter(ctx context.Context) (leave func(), err error) {
	if err := l.place(ctx); err != nil {
		return nil, err
	}
	leave = sync.OnceFunc(func() { <-l.places })
	r := l.rate.Reserve()
	if wait := r.Delay(); wait > 0 {
		r.Cancel()
		leave()
		return nil, &BusyError{RetryAfter: wait}
	}
	return leave, nil
}

// place takes a place, and waits for one if it must.
func (l *passLimit) place(ctx context.Context) error {
	select {
	case l.places <- struct{}{}:
		return nil
	default:
	}
	patience := time.NewTimer(passPatience)
	defer patience.Stop()
	select {
	case l.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &Error{Op: "wait", Err: classify(ctx, ctx.Err())}
	case <-patience.C:
		return &BusyError{RetryAfter: passPatience}
	}
}
