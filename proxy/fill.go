package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/upstream"
)

// maxFetches bounds the fetches of different resources that are under way at
// once, and with them the memory that bodies may take before they are stored.
const maxFetches = 32

var errClosed = errors.New("the proxy is shutting down")

// filler fetches what is not held. However many want one resource at the same
// time, it is asked for once, and no client's departure ends the fetch for the
// others: a flight lives on the filler's own context.
type filler struct {
	upstream Upstream
	store    cache.Tier
	build    assembler
	timeout  time.Duration
	spent    func()
	observer Observer
	log      *slog.Logger

	life   context.Context // of every flight; ends with close
	end    context.CancelFunc
	slots  chan struct{}
	pauses pauses
	group  singleflight.Group

	mu      sync.Mutex // guards flying and closed, and keeps them in step with group
	flying  map[string]bool
	closed  bool
	flights sync.WaitGroup
}

// landing is what a flight brought. All who waited share it.
type landing struct {
	entry  *cache.Entry
	stored bool
	asked  bool   // upstream was asked; otherwise the entry was found inside the flight
	fault  string // why the answer must not take a good one's place; empty: it may
}

func newFiller(o Options, spent func()) *filler {
	life, end := context.WithCancel(context.Background())
	return &filler{
		upstream: o.Upstream, store: o.Store, timeout: o.FetchTimeout,
		build:    newAssembler(o),
		spent:    spent,
		observer: o.Observer, log: o.Logger,
		life: life, end: end,
		slots:  make(chan struct{}, maxFetches),
		flying: make(map[string]bool),
	}
}

// fetch returns what upstream answers now to res; what others fetched after the
// moment newer will do, too. led tells that this call caused the fetch, and did
// not join another's. When ctx ends, only this caller's wait does.
func (f *filler) fetch(ctx context.Context, res *ll2.Resource, newer time.Time) (land *landing, led bool, err error) {
	if p := f.pauses.check(res.Key, time.Now()); p != nil {
		return nil, false, p
	}
	landed, led, err := f.join(res, newer)
	if err != nil {
		return nil, false, err
	}
	if !led {
		f.observer.WaiterJoined()
	}
	select {
	case r := <-landed:
		land, _ = r.Val.(*landing)
		return land, led, r.Err
	case <-ctx.Done():
		return nil, led, ctx.Err()
	}
}

// refresh has a stale resource fetched with nobody waiting. It returns the
// detail for the stale answer: whether it is being refreshed.
func (f *filler) refresh(res *ll2.Resource) string {
	if p := f.pauses.check(res.Key, time.Now()); p != nil {
		return "stale-" + p.reason
	}
	if _, _, err := f.join(res, time.Time{}); err != nil {
		return "stale-shutdown"
	}
	return "stale-while-revalidate"
}

// join boards the flight for res, or starts one. Both happen under the lock, and
// a flight that lands leaves the map and the group under it too, so that whoever
// is not aboard starts a new flight and never waits for one that has landed.
func (f *filler) join(res *ll2.Resource, newer time.Time) (landed <-chan singleflight.Result, led bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, false, errClosed
	}
	led = !f.flying[res.Key]
	if led {
		f.flying[res.Key] = true
		f.flights.Add(1)
		f.observer.FlightStarted()
	}
	return f.group.DoChan(res.Key, func() (any, error) {
		defer f.land(res.Key)
		return f.fly(res, newer)
	}), led, nil
}

func (f *filler) land(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.flying, key)
	f.group.Forget(key)
	f.observer.FlightEnded()
	f.flights.Done()
}

// fly is one flight. A panic inside it becomes an error: singleflight would
// raise it again on a goroutine of its own, where it ends the process.
func (f *filler) fly(res *ll2.Resource, newer time.Time) (land *landing, err error) {
	defer func() {
		if p := recover(); p != nil {
			f.observer.PanicRecovered()
			f.log.Error("panic in a fetch", "key", res.Key, "panic", p, "stack", string(debug.Stack()))
			land, err = nil, fmt.Errorf("fetch %s: panic: %v", res.Key, p)
		}
	}()
	ctx, cancel := context.WithTimeout(f.life, f.timeout)
	defer cancel()
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// Look again. A client may look up (1) before another's flight stores (2) and
	// join (3) after that flight has landed: without this look it would pay again.
	held, _ := f.store.Get(res.Key)
	if held != nil && held.State(time.Now()) == cache.Fresh && held.Answered.After(newer) {
		return &landing{entry: held}, nil
	}
	return f.ask(ctx, res, held)
}

// ask spends the request, and stores what came back before anyone sees it.
func (f *filler) ask(ctx context.Context, res *ll2.Resource, held *cache.Entry) (*landing, error) {
	answer, err := f.upstream.Get(ctx, upstream.Ask{
		Path: res.Path, Query: res.Query, Accept: res.Accept, Label: res.Endpoint,
	})
	f.spent()
	if err != nil {
		f.failed(res, err)
		return nil, err
	}
	land := f.build.assemble(res, answer, held)
	if land.fault != "" {
		f.faulty(res, land, answer, held)
		return land, nil
	}
	if err := f.store.Put(land.entry); err != nil {
		f.log.Warn("an entry was not stored", "key", res.Key, "error", err)
		return land, nil
	}
	land.stored = true
	return land, nil
}

// failed notes that no answer came.
func (f *filler) failed(res *ll2.Resource, err error) {
	if f.life.Err() != nil {
		return // shutting down: upstream is not to blame
	}
	pause := pauseAfterUnsent
	failure, ok := errors.AsType[*upstream.Error](err)
	if ok && failure.Sent {
		pause = pauseAfterAnswer
	}
	f.pauses.fail(res.Key, time.Now(), pause, failureReason(err))
	if ok && failure.Head != nil {
		f.heedThrottle(failure.Head)
	}
	f.log.Warn("upstream did not answer", "key", res.Key, "error", err)
}

// heedThrottle closes everything if the answer is a 429.
func (f *filler) heedThrottle(answer *upstream.Answer) bool {
	if answer.Status != http.StatusTooManyRequests {
		return false
	}
	after, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // 0 if it says nothing readable
	f.pauses.throttle(time.Now(), time.Duration(after)*time.Second)
	return true
}

// faulty notes an answer that must not be stored. What is held stays.
func (f *filler) faulty(res *ll2.Resource, land *landing, answer *upstream.Answer, held *cache.Entry) {
	if held != nil {
		f.observer.WorseAnswerKept(land.fault)
	}
	if !f.heedThrottle(answer) {
		f.pauses.fail(res.Key, time.Now(), pauseAfterAnswer, land.fault)
	}
	f.log.Warn("upstream's answer is not stored", "key", res.Key, "status", answer.Status, "reason", land.fault)
}

// close ends the flights and waits for them.
func (f *filler) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.end()
	f.flights.Wait()
}

// failureReason is a bounded token for why upstream did not answer.
func failureReason(err error) string {
	switch {
	case errors.Is(err, upstream.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, upstream.ErrTooLarge):
		return "too-large"
	case errors.Is(err, upstream.ErrTruncated), errors.Is(err, upstream.ErrBadCoding):
		return "broken-body"
	}
	return "unreachable"
}
