package httpcache

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/coalesce"
	"perigee/proxy/spool"
)

// maxRefreshes bounds the refreshes that nobody waits for.
const maxRefreshes = 32

// fetcher asks upstream for what is not stored. However many want the same at the
// same time, it is asked for once, as long as the response may be shared. A fetch
// belongs to no client: none can end it for the others by leaving.
type fetcher struct {
	origin   *origin
	store    *store
	rules    *rfc9111.Shared
	timeout  time.Duration
	maxBody  int64
	observer Observer

	budgets   spool.Budgets
	calls     *coalesce.Group[progress, *result]
	unshared  atomic.Uint64 // how many calls could not be joined, to name them by
	refreshes chan struct{} // as many as are under way
	backoff   backoff
	misses    hitForMiss
}

// result is what a fetch brought. All who waited share it, and nobody changes it.
type result struct {
	entry     *cache.Entry // what all may share; nil: nothing
	request   http.Header  // of the one who started the fetch, as upstream got it
	own       http.Header  // fields of the response that are for that request alone
	status    int          // of upstream's response; 0: the entry was found in the store by then
	validated bool         // upstream confirmed what was stored
	stored    bool
	failure   string // why the response must not take a good one's place; empty: it may
	why       string // why the response is not stored
}

// fetched is a result as one of those has it who waited.
type fetched struct {
	*result
	started bool           // it was this request that started the fetch
	resp    *http.Response // for that one to hand on; nil if there is an entry and no spool
	spool   *spool.Spool   // the body, which is still coming; of the entry only the header is there
}

// close ends what is not used.
func (f fetched) close() {
	if f.resp != nil {
		f.resp.Body.Close()
	}
}

// reader is the reader of a body that is still coming, for the one who started the
// fetch.
func (f fetched) reader() (*spool.Reader, bool) {
	if f.spool == nil || f.resp == nil {
		return nil, false
	}
	r, ok := f.resp.Body.(*spool.Reader)
	return r, ok
}

// progress is what those who wait for a fetch get to know of it before it has ended.
type progress struct {
	begun chan struct{} // closed when a body has begun that is kept on the side
	spool *spool.Spool  // written before begun is closed, like head
	head  *result       // what will be the result, with an entry that has no body yet
}

func (g *progress) init() {
	if g.begun == nil {
		g.begun = make(chan struct{})
	}
}

// How long the beginning of a body is waited for, and how much of it: most bodies
// are there by then, and their answers know their length and whether they are
// whole. Whoever can be given something stale in place of a body that breaks off
// waits longer.
const (
	patience      = 50 * time.Millisecond
	stalePatience = time.Second
	enough        = 64 << 10
)

func newFetcher(o Options, g *origin, s *store, rules *rfc9111.Shared) *fetcher {
	f := &fetcher{
		origin: g, store: s, rules: rules, timeout: o.Timeout, maxBody: o.MaxBody, observer: o.Observer,
		refreshes: make(chan struct{}, maxRefreshes),
		calls: coalesce.NewGroup[progress, *result](coalesce.Options{
			Started: o.Observer.FetchStarted, Ended: o.Observer.FetchEnded,
			Panicked: func(key string, value any, stack []byte) {
				o.Observer.PanicRecovered()
				o.Logger.Error("panic in a fetch", "key", key, "panic", value, "stack", string(stack))
			},
		}),
	}
	f.budgets.Set(o.MaxUnderway)
	return f
}

// close ends the fetches and waits for them.
func (f *fetcher) close() { f.calls.Close() }

// fetch returns what upstream answers now. When the client leaves, only its own
// wait ends.
func (f *fetcher) fetch(x *exchange, out *http.Request, alone bool) (fetched, error) {
	p := newPlan(x, out, f.store)
	p.shared = !alone && !f.misses.has(x.target, x.Start)
	call, started, err := f.join(p)
	if err != nil {
		return fetched{}, err
	}
	if started {
		x.Record.Upstream++
	} else {
		f.observer.WaiterJoined()
	}
	select {
	case <-call.Done():
	case <-call.State().begun:
		if got, ok := readAlong(x, p, call.State(), started); ok {
			return got, nil
		}
	case <-out.Context().Done():
	}
	res, err := call.Wait(out.Context())
	if err != nil {
		p.handover.abandon()
		return fetched{}, err
	}
	if res.entry != nil {
		p.handover.abandon()
	}
	return fetched{result: res, started: started, resp: p.handover.take()}, nil
}

// readAlong returns what is there of a body that is still coming, false if it has
// come to its end or broken off by now.
func readAlong(x *exchange, p *plan, g *progress, started bool) (fetched, bool) {
	wait, most := patience, int64(enough)
	if x.mayFallBack() {
		wait, most = stalePatience, math.MaxInt64
	}
	head := *g.head
	switch g.spool.Settle(x.Request.Context(), wait, most) {
	case spool.Whole, spool.Broken:
		return fetched{}, false
	case spool.Streaming, spool.Passed:
		head.entry, head.stored, head.why = nil, false, g.spool.Passes()
	}
	return fetched{result: &head, started: started, resp: p.handover.take(), spool: g.spool}, true
}

// refresh has what is stored for x validated with nobody waiting. It returns the
// detail for the stale answer: whether it is being refreshed.
func (f *fetcher) refresh(x *exchange) string {
	if p := f.backoff.check(x.target, x.sent(), x.mayFallBack(), time.Now()); p != nil {
		return "stale-" + p.Reason
	}
	select {
	case f.refreshes <- struct{}{}:
	default:
		return "stale-busy"
	}
	p := newPlan(x, f.origin.refreshOf(x.Request), f.store)
	p.shared = true
	p.handover.abandon() // what cannot be stored is of no use to anyone
	p.ended = func() { <-f.refreshes }
	_, started, err := f.join(p)
	if !started {
		p.ended()
	}
	if err != nil {
		return "stale-shutdown"
	}
	return "stale-while-revalidate"
}

// join joins the fetch that p may share, or starts it. Who comes after an invalidation
// does not join a fetch from before it: what that brings may be older than the change,
// of which whoever made it knows by now.
func (f *fetcher) join(p *plan) (call *coalesce.Call[progress, *result], started bool, err error) {
	p.epoch = f.store.enter(p.target)
	call, started, err = f.calls.Join(f.key(p), (*progress).init, func(life context.Context, g *progress) (*result, error) {
		defer p.ended()
		defer f.store.leave(p.epoch)
		p.progress = g
		return f.run(life, p)
	})
	if !started {
		f.store.leave(p.epoch)
	}
	return call, started, err
}

// key is the same for plans that may share a fetch. It tells apart what is known to
// need different responses; what turns out to be different only when the response
// is there is sorted out by those who waited. No target looks like a number.
func (f *fetcher) key(p *plan) string {
	if !p.shared {
		return strconv.FormatUint(f.unshared.Add(1), 10)
	}
	return p.target + "\n" + strconv.FormatUint(p.epoch.number, 10) + "\n" + f.store.selection(p.target, p.sent)
}

// run is one fetch. It ends with the body, which those who wait may read before.
func (f *fetcher) run(life context.Context, p *plan) (res *result, err error) {
	// Look again. A client may look up (1) before another's fetch stores (2) and
	// join (3) after that fetch has ended: without this look it would ask again.
	if p.shared {
		e := f.store.find(p.target, p.in, func() http.Header { return p.sent }).entry
		if e != nil && e != p.cached && e.State(time.Now()) == cache.Fresh {
			return &result{entry: e, request: p.sent}, nil
		}
	}
	ctx, cancel := context.WithCancelCause(p.out.Context())
	stop := context.AfterFunc(life, func() { cancel(coalesce.ErrClosed) })
	end := func() { stop(); cancel(nil) }
	var resp *http.Response
	defer func() {
		if resp == nil {
			end()
		}
	}()
	p.silence = time.AfterFunc(f.timeout, func() { cancel(context.DeadlineExceeded) })
	defer p.silence.Stop()
	p.out = p.out.WithContext(ctx)
	if res, resp, err = f.ask(p); resp != nil {
		// A response that is handed on may take as long as it likes, and ends with
		// the one who takes it; all others have been read.
		resp.Body = &endingBody{ReadCloser: resp.Body, end: end}
		p.handover.put(resp)
	}
	return res, err
}

// ask sends the request and takes in the response. A response that is returned is
// to be handed on to the one who started the fetch.
func (f *fetcher) ask(p *plan) (*result, *http.Response, error) {
	resp, x, err := f.send(p)
	if err == nil && resp.StatusCode == http.StatusNotModified && len(p.offered) > 0 {
		if p.cached = p.matched(resp.Header); p.cached == nil {
			// It does not say which of the variants is confirmed: ask for the whole.
			resp.Body.Close()
			p.withdraw()
			resp, x, err = f.send(p)
		}
	}
	if err != nil {
		f.backoff.failed(p.target, time.Now())
		return nil, nil, err
	}
	res := &result{request: p.sent, status: resp.StatusCode, failure: failure(resp.StatusCode)}
	if res.failure != "" {
		f.backoff.answered(p.target, p.sent, resp, x.Answered)
	} else {
		f.backoff.succeeded(p.target, p.sent)
	}
	if resp.StatusCode == http.StatusNotModified && p.cached != nil {
		resp.Body.Close()
		f.confirm(p, x, res)
		return res, nil, nil
	}
	return f.receive(p, x, resp, res)
}

// send sends the request once.
func (f *fetcher) send(p *plan) (*http.Response, *rfc9111.Exchange, error) {
	resp, x, err := f.origin.send(p.out, p.url)
	if err != nil {
		return nil, nil, ended(p.out.Context(), err)
	}
	return resp, x, nil
}

// ended returns why a fetch with this context failed.
func ended(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return fmt.Errorf("fetch: %w", err)
}

// confirm puts what is stored and a 304 together (RFC 9111, section 4.3.4).
func (f *fetcher) confirm(p *plan, x *rfc9111.Exchange, res *result) {
	e, d := freshen(f.rules, p.cached, x)
	res.entry, res.validated, res.why = e, true, d.Reason
	res.own = fieldsOf(x.Response, cookies())
	if !d.Store {
		f.store.drop(p.cached)
		return
	}
	f.keep(p, res)
}

// keep stores the entry, and notes whether others can share such responses.
func (f *fetcher) keep(p *plan, res *result) {
	e := res.entry
	res.stored = f.store.put(p.epoch, p.sent, e)
	if e.State(e.Answered) == cache.Fresh {
		f.misses.remove(p.target)
	} else {
		f.misses.add(p.target, e.Answered)
	}
}
