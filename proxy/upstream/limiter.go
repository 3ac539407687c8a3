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
//
// A slow file may take as long as it likes while others find a slot. When they do not,
// the request that has had the longest time gives way, once that is longer than a
// request is sure of: slow readers cannot keep all slots.
type limiter struct {
	slots chan struct{} // holds one element for each request under way
	rate  *rate.Limiter
	sure  time.Duration

	mu     sync.Mutex // guards the field below
	active map[*admission]struct{}
}

// admission is one request under way.
type admission struct {
	since   time.Time
	release func() // may be called again
	end     func() // ends the request
}

func newLimiter(concurrency int, perSecond float64, burst int, sure time.Duration) *limiter {
	return &limiter{
		slots:  make(chan struct{}, concurrency),
		rate:   rate.NewLimiter(rate.Limit(perSecond), burst),
		sure:   sure,
		active: make(map[*admission]struct{}),
	}
}

// acquire admits one request, until release is called for the first time, or the
// request has to give way: then end is called. It waits for a slot for a short time,
// but not for the rate. The error is a *BusyError, or an *Error when ctx ends first.
func (l *limiter) acquire(ctx context.Context, end func()) (release func(), err error) {
	if err := l.slot(ctx); err != nil {
		return nil, err
	}
	a := &admission{since: time.Now(), end: end}
	a.release = sync.OnceFunc(func() {
		l.mu.Lock()
		delete(l.active, a)
		l.mu.Unlock()
		<-l.slots
	})
	l.mu.Lock()
	l.active[a] = struct{}{}
	l.mu.Unlock()
	release = a.release
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
	l.makeRoom()
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

// makeRoom ends the request that has had the longest time, if that is enough.
func (l *limiter) makeRoom() {
	l.mu.Lock()
	var oldest *admission
	for a := range l.active {
		if oldest == nil || a.since.Before(oldest.since) {
			oldest = a
		}
	}
	l.mu.Unlock()
	if oldest != nil && time.Since(oldest.since) >= l.sure {
		oldest.end()
		oldest.release()
	}
}
