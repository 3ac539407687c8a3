package proxy_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"

	"perigee/cache"
	"perigee/proxy"
	"perigee/proxy/fetch"
	"perigee/proxy/quota"
	"perigee/proxy/upstream"
)

// shelf is a Tier that keeps entries as a disk does: without what is derived.
type shelf struct {
	rebuild func(*cache.Entry) *cache.Entry

	mu   sync.Mutex
	held map[cache.Key]*cache.Entry
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	base, err := url.Parse(inProcessBase)
	must(t, err)
	return &shelf{rebuild: fetch.Rebuilder(base), held: map[cache.Key]*cache.Entry{}}
}

func (s *shelf) Put(e *cache.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	bare := *e
	bare.Derived, bare.DerivedCost = nil, 0
	s.held[e.Key] = &bare
	return nil
}

func (s *shelf) Get(key cache.Key) (*cache.Entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.held[key]
	if !ok {
		return nil, false
	}
	e = s.rebuild(e)
	return e, e != nil
}

func (s *shelf) Delete(key cache.Key) error { delete(s.held, key); return nil }
func (s *shelf) Close() error               { return nil }

// all yields what is held, the newest first or last.
func (s *shelf) all(newestFirst bool) iter.Seq[*cache.Entry] {
	entries := slices.SortedFunc(maps.Values(s.held), func(a, b *cache.Entry) int { return a.Answered.Compare(b.Answered) })
	if newestFirst {
		slices.Reverse(entries)
	}
	return slices.Values(entries)
}

// nobody is an Upstream that must not be asked.
type nobody struct{ t *testing.T }

func (n nobody) Get(_ context.Context, ask upstream.Request) (*upstream.Answer, error) {
	n.t.Errorf("upstream was asked for %s?%s", ask.Path, ask.Query)
	return nil, errors.New("asked")
}

func (n nobody) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("%s was passed through", r.URL)
	return nil, errors.New("asked")
}

func (n nobody) Throttle(context.Context) ([]byte, error) {
	n.t.Error("upstream was asked for the throttle report")
	return nil, errors.New("asked")
}

// stocking starts a rig that keeps its entries there.
func stocking(t *testing.T, s *shelf, handler http.Handler, adjust ...func(*proxy.Options)) *clockRig {
	t.Helper()
	return newClockRig(t, handler, append(adjust, func(o *proxy.Options) { o.Store = s })...)
}

// stocked returns a shelf with what was fetched for the targets.
func stocked(t *testing.T, handler http.Handler, adjust func(*proxy.Options), targets ...string) *shelf {
	t.Helper()
	s := newShelf(t)
	r := stocking(t, s, handler, adjust)
	for _, target := range targets {
		r.get(target)
	}
	r.h.Close()
	return s
}

// goOffline starts another handler with what is on the shelf, as after a restart.
func goOffline(t *testing.T, s *shelf, adjust ...func(*proxy.Options)) *clockRig {
	t.Helper()
	gate, err := quota.New(quota.Options{Reserve: 1}) // which knows nothing, and would have a report at once
	must(t, err)
	offline := func(o *proxy.Options) {
		o.Upstream, o.Gate, o.Store, o.Offline = nobody{t}, gate, s, true
	}
	r := newClockRig(t, http.NotFoundHandler(), append(adjust, offline)...)
	r.h.LearnCached(s.all(true))
	return r
}

func withoutWindows(o *proxy.Options) { o.Window, o.WindowDetailed = 0, 0 }
