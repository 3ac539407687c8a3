package fetch

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/cluster"
	"perigee/proxy/ll2"
	"perigee/proxy/quota"
	"perigee/proxy/upstream"
)

// peers are other replicas that answer as a test wants.
type peers struct {
	mu       sync.Mutex // guards all below
	sends    bool
	lead     context.Context
	store    cache.Tier
	answers  []func(whole bool) (cluster.Fetched, error)
	delegate []bool // the calls of Delegate, by whether the page was to come along
}

func (p *peers) Sends() (context.Context, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lead, p.sends
}

func (p *peers) Delegate(_ context.Context, _ cluster.Resource, _ quota.Waiter, _ time.Time, whole bool) (cluster.Fetched, error) {
	p.mu.Lock()
	p.delegate = append(p.delegate, whole)
	answer := p.answers[0]
	if len(p.answers) > 1 {
		p.answers = p.answers[1:]
	}
	p.mu.Unlock()
	return answer(whole)
}

func (p *peers) Newest(key string) (*cache.Entry, bool) { return p.store.Get(key) }

// dialler answers every request with an object, and counts them.
type dialler struct{ asked int }

func (d *dialler) Get(context.Context, upstream.Request) (*upstream.Answer, error) {
	d.asked++
	now := time.Now()
	return &upstream.Answer{
		Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"id":1}`), Asked: now, Answered: now,
	}, nil
}

func (d *dialler) Throttle(context.Context) ([]byte, error) {
	return nil, errors.New("none")
}

type silent struct{}

func (silent) WaiterJoined()              {}
func (silent) FetchStarted()              {}
func (silent) FetchEnded()                {}
func (silent) DowngradeRejected(string)   {}
func (silent) DirectiveOverridden(string) {}
func (silent) PanicRecovered()            {}
func (silent) ThrottleReportFailed()      {}

// shared is a fetcher among peers.
func shared(t *testing.T, p *peers, saved error) (*Fetcher, *dialler) {
	t.Helper()
	memory, err := cache.NewMemory(cache.MemoryOptions{MaxBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	gate, err := quota.New(quota.Options{Limit: 15, Period: time.Hour, Save: func([]byte) error { return saved }})
	if err != nil {
		t.Fatal(err)
	}
	p.store = memory
	if p.lead == nil {
		p.lead = context.Background()
	}
	d := new(dialler)
	f := New(Options{
		Upstream: d, UpstreamURL: &url.URL{Scheme: "https", Host: "example.org"}, Store: memory,
		Policy: &rfc9111.Policy{TTL: time.Hour}, Gate: gate, Peers: p, Observer: silent{}, Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() {
		f.Close()
		memory.Close()
	})
	return f, d
}

func agency(t *testing.T) *ll2.Resource {
	t.Helper()
	res, err := ll2.Resolve(ll2.Request{Path: "/2.3.0/agencies/1/"}, ll2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &res
}

// agencyEntry is what another replica has fetched.
func agencyEntry(res *ll2.Resource) *cache.Entry {
	now := time.Now()
	return &cache.Entry{
		Key: res.Key, Target: res.Path + "?" + res.Query, Accept: res.Accept, Status: 200,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"id":1}`),
		Asked: now, Answered: now, FreshUntil: now.Add(time.Hour),
	}
}

func patient(patience time.Duration) Request {
	return Request{Waiter: quota.Waiter{Client: "a", Deadline: time.Now().Add(patience)}}
}

// A replica that does not send hands its fetches over, and finds the page where all
// have it, or is sent it.
func TestDelegate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		res, p := agency(t), new(peers)
		stored := func(bool) (cluster.Fetched, error) {
			_ = p.store.Put(agencyEntry(res))
			return cluster.Fetched{Asked: true, Led: true}, nil
		}
		notShared := func(whole bool) (cluster.Fetched, error) {
			if whole {
				return cluster.Fetched{Entry: agencyEntry(res)}, nil
			}
			return cluster.Fetched{Asked: true, Led: true}, nil
		}
		p.answers = []func(bool) (cluster.Fetched, error){stored}
		f, d := shared(t, p, nil)
		result, started, err := f.Fetch(t.Context(), res, patient(time.Second))
		if err != nil || !started || result.Origin != FromPeer || string(result.Entry.Body) != `{"id":1}` {
			t.Errorf("got (%+v, %t, %v)", result, started, err)
		}
		_ = p.store.Delete(res.Key)
		p.answers, p.delegate = []func(bool) (cluster.Fetched, error){notShared}, nil
		result, _, err = f.Fetch(t.Context(), res, patient(time.Second))
		if err != nil || len(p.delegate) != 2 || result.Entry.Derived == nil {
			t.Errorf("got (%+v, %v) after %v, want the page with the second answer, made whole", result, err, p.delegate)
		}
		if e, ok := p.store.Get(res.Key); !ok || string(e.Body) != `{"id":1}` {
			t.Error("it is not cached")
		}
		if d.asked != 0 {
			t.Errorf("upstream was asked %d times from here", d.asked)
		}
	})
}

// What failed elsewhere is not asked for again at once; what was refused is the
// client's to know.
func TestDelegateFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		res, p := agency(t), new(peers)
		p.answers = []func(bool) (cluster.Fetched, error){
			func(bool) (cluster.Fetched, error) {
				return cluster.Fetched{}, &quota.RefusedError{Reason: quota.Spent, RetryAfter: time.Minute}
			},
			func(bool) (cluster.Fetched, error) {
				return cluster.Fetched{}, &cluster.FailedError{Reason: "timeout", Pause: 10 * time.Second}
			},
		}
		f, _ := shared(t, p, nil)
		var refused *quota.RefusedError
		if _, _, err := f.Fetch(t.Context(), res, patient(time.Second)); !errors.As(err, &refused) || refused.RetryAfter != time.Minute {
			t.Errorf("got %v", err)
		}
		var unavailable *UnavailableError
		for range 2 {
			if _, _, err := f.Fetch(t.Context(), res, patient(time.Second)); !errors.As(err, &unavailable) || unavailable.Reason != "timeout" {
				t.Errorf("got %v", err)
			}
		}
		if len(p.delegate) != 2 {
			t.Errorf("it was handed over %d times, want once each", len(p.delegate))
		}
	})
}

// A replica that begins to send while its fetch is elsewhere goes on by itself, and
// one that ends to send hands over what has no slot yet.
func TestLeadChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		res, p := agency(t), new(peers)
		p.answers = []func(bool) (cluster.Fetched, error){func(bool) (cluster.Fetched, error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.sends = true
			return cluster.Fetched{}, cluster.ErrSends
		}}
		f, d := shared(t, p, nil)
		if result, started, err := f.Fetch(t.Context(), res, patient(time.Second)); err != nil || !started || result.Origin != FromUpstream || d.asked != 1 {
			t.Errorf("got (%+v, %t, %v), and %d requests", result, started, err, d.asked)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		res, p := agency(t), new(peers)
		lead, end := context.WithCancel(t.Context())
		p.sends, p.lead = true, lead
		p.answers = []func(bool) (cluster.Fetched, error){func(bool) (cluster.Fetched, error) {
			_ = p.store.Put(agencyEntry(res))
			return cluster.Fetched{}, nil
		}}
		f, d := shared(t, p, nil)
		now := time.Now()
		f.gate.Learn(quota.Report{Limit: 15, Period: time.Hour, Used: 15, Next: 5 * time.Second}, now, now) // so that it waits
		done := make(chan error, 1)
		go func() {
			_, _, err := f.Fetch(t.Context(), res, patient(20*time.Second))
			done <- err
		}()
		synctest.Wait()
		p.mu.Lock()
		p.sends = false
		p.mu.Unlock()
		end()
		if err := <-done; err != nil || d.asked != 0 || len(p.delegate) != 1 {
			t.Errorf("got %v, %d requests, handed over %d times", err, d.asked, len(p.delegate))
		}
	})
}

// While what is spent cannot be written down nothing is sent; whoever waits is
// refused when their patience ends.
func TestNothingIsSentUnwritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		res, p := agency(t), &peers{sends: true}
		f, d := shared(t, p, errors.New("the server is lost"))
		begun := time.Now()
		var refused *quota.RefusedError
		if _, _, err := f.Fetch(t.Context(), res, patient(2*time.Second)); !errors.As(err, &refused) || refused.Reason != quota.Learning {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begun); d.asked != 0 || took < time.Second || took > 3*time.Second {
			t.Errorf("it took %v, and %d requests", took, d.asked)
		}
	})
}

// A stale page is refreshed by whoever sends.
func TestRefreshIsDelegated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		res, p := agency(t), new(peers)
		p.answers = []func(bool) (cluster.Fetched, error){func(bool) (cluster.Fetched, error) {
			_ = p.store.Put(agencyEntry(res))
			return cluster.Fetched{}, nil
		}}
		f, d := shared(t, p, nil)
		if got := f.Refresh(res); got != "stale-while-revalidate" {
			t.Errorf("got %q", got)
		}
		synctest.Wait()
		if len(p.delegate) != 1 || d.asked != 0 {
			t.Errorf("handed over %d times, %d requests", len(p.delegate), d.asked)
		}
	})
}

// What another replica asks for is fetched as for a client of this one.
func TestForPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		res, p := agency(t), &peers{sends: true}
		f, d := shared(t, p, nil)
		page := cluster.Resource{Key: res.Key, Target: res.Path + "?" + res.Query, Accept: res.Accept}
		w := quota.Waiter{Client: "a", Deadline: time.Now().Add(time.Second)}
		got, err := f.ForPeer(t.Context(), page, w, time.Time{})
		if err != nil || !got.Asked || !got.Led || string(got.Entry.Body) != `{"id":1}` || d.asked != 1 {
			t.Errorf("got (%+v, %v)", got, err)
		}
		if got, err = f.ForPeer(t.Context(), page, w, time.Time{}); err != nil || got.Asked || d.asked != 1 {
			t.Errorf("got (%+v, %v) the second time, want what is cached", got, err)
		}
		var failed *cluster.FailedError
		page.Key = "of another version"
		if _, err := f.ForPeer(t.Context(), page, w, time.Time{}); !errors.As(err, &failed) || failed.Reason != "version" {
			t.Errorf("got %v for a key that makes no sense", err)
		}
	})
}
