package plain

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"perigee/cache"
	"perigee/cache/rfc9111"
)

// maxRefreshes bounds the refreshes that nobody waits for.
const maxRefreshes = 32

// fetcher asks upstream for what is not held. However many want the same at the
// same time, it is asked for once, as long as the answer may be shared. A flight
// belongs to no client: none can end it for the others by leaving.
type fetcher struct {
	handler *Handler
	timeout time.Duration
	maxBody int64
	log     *slog.Logger

	life    context.Context // of every flight; ends with close
	end     context.CancelFunc
	slots   chan struct{} // of refreshes
	pauses  pauses
	loners  loners
	group   singleflight.Group
	flights sync.WaitGroup

	mu     sync.Mutex // guards the fields below, and keeps them in step with group
	flying map[string]bool
	closed bool
}

// landing is what a flight brought.
type landing struct {
	entry     *cache.Entry // what all may share; nil: nothing
	request   http.Header  // that caused the flight
	personal  http.Header  // fields of the response that are for that request alone
	status    int          // of upstream's response
	asked     bool         // upstream was asked; otherwise the entry was found inside the flight
	validated bool         // upstream confirmed what was held
	stored    bool
	failed    bool   // what came must not take a good answer's place
	reason    string // what failed
	why       string // why the answer is not stored

	led  bool           // it was this request that caused the flight
	resp *http.Response // what the one who led hands on; nil if there is an entry
}

// discard drops what only the one who led could have handed on.
func (l *landing) discard() {
	if l.resp != nil {
		l.resp.Body.Close()
	}
}

func newFetcher(h *Handler, o Options) *fetcher {
	life, end := context.WithCancel(context.Background())
	return &fetcher{
		handler: h, timeout: o.Timeout, maxBody: o.MaxBody, log: o.Logger,
		life: life, end: end, slots: make(chan struct{}, maxRefreshes), flying: make(map[string]bool),
	}
}

// close ends the flights and waits for them.
func (f *fetcher) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.end()
	f.flights.Wait()
}

// fetch returns what upstream answers now. When the client leaves, only its own
// wait ends.
func (f *fetcher) fetch(out *http.Request, x *exchange, alone bool) (*landing, error) {
	a := f.ask(context.WithoutCancel(out.Context()), out, x)
	var key string
	if alone || f.loners.has(x.target, x.Start) {
		key = fmt.Sprintf("%p", a) // nobody else's
	} else {
		key, a.again = f.flightKey(x), true
	}
	landed, led, err := f.join(key, a)
	if !led {
		a.dispose()
	}
	if err != nil {
		return nil, err
	}
	if led {
		x.Record.Upstream++
	} else {
		f.handler.observer.WaiterJoined()
	}
	select {
	case r := <-landed:
		land, _ := r.Val.(*landing)
		if r.Err != nil {
			return nil, r.Err
		}
		mine := *land
		mine.led, mine.resp = led, nil
		if led {
			mine.resp = a.take()
		}
		return &mine, nil
	case <-out.Context().Done():
		if led {
			a.abandon()
		}
		return nil, out.Context().Err()
	}
}

// flightKey tells apart what is known to need different answers. What turns out to
// be different only when the answer is there is sorted out by shares.
func (f *fetcher) flightKey(x *exchange) string {
	key := x.target
	if index, ok := f.handler.shelf.tier.Get(baseKey(x.target)); ok && index.Status == 0 {
		if lines := variantsOf(index); len(lines) > 0 {
			value, _ := rfc9111.VaryValue(lines[0].Names, x.Request.Header)
			key += "\n" + value
		}
	}
	return key
}

// join boards the flight of that key, or starts it. Both happen under the lock,
// and a flight that lands leaves the map and the group under it too, so that
// whoever is not aboard starts a new flight and never waits for one that has landed.
func (f *fetcher) join(key string, a *ask) (landed <-chan singleflight.Result, led bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, false, errClosed
	}
	led = !f.flying[key]
	if led {
		f.flying[key] = true
		f.flights.Add(1)
		f.handler.observer.FetchStarted()
	}
	return f.group.DoChan(key, func() (any, error) {
		defer f.land(key)
		return f.fly(a)
	}), led, nil
}

func (f *fetcher) land(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.flying, key)
	f.group.Forget(key)
	f.handler.observer.FetchEnded()
	f.flights.Done()
}

// fly is one flight. A panic inside it becomes an error: singleflight would raise
// it again on a goroutine of its own, where it ends the process.
func (f *fetcher) fly(a *ask) (land *landing, err error) {
	defer func() {
		if p := recover(); p != nil {
			f.handler.observer.PanicRecovered()
			f.log.Error("panic in a fetch", "uri", a.target, "panic", p, "stack", string(debug.Stack()))
			a.cancel(nil)
			land, err = nil, fmt.Errorf("fetch %s: panic: %v", a.target, p)
		}
	}()
	land, err = f.send(a)
	if err != nil && f.life.Err() != nil {
		return nil, errClosed
	}
	return land, err
}

// refresh has what is held validated with nobody waiting. It returns the detail
// for the stale answer: whether it is being refreshed.
func (f *fetcher) refresh(x *exchange) string {
	if p := f.handler.paused(x); p != nil {
		return "stale-" + p.Reason
	}
	select {
	case f.slots <- struct{}{}:
	default:
		return "stale-busy"
	}
	a := f.ask(f.life, f.handler.outgoing(x), x)
	a.abandon() // what cannot be stored is of no use to anyone
	leave := a.leave
	a.leave = func() { leave(); <-f.slots }
	_, led, err := f.join(f.flightKey(x), a)
	if !led {
		a.dispose()
	}
	if err != nil {
		return "stale-shutdown"
	}
	return "stale-while-revalidate"
}
