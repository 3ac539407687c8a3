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

// bareStore is a Tier that keeps entries as a disk does: without what is derived.
type bareStore struct {
	rebuild func(*cache.Entry) *cache.Entry

	mu     sync.Mutex
	cached map[cache.Key]*cache.Entry
}

func newBareStore(t *testing.T) *bareStore {
	t.Helper()
	base, err := url.Parse(inProcessBase)
	must(t, err)
	return &bareStore{rebuild: fetch.Rebuilder(base), cached: map[cache.Key]*cache.Entry{}}
}

func (s *bareStore) Put(e *cache.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	bare := *e
	bare.Derived, bare.DerivedCost = nil, 0
	s.cached[e.Key] = &bare
	return nil
}

func (s *bareStore) Get(key cache.Key) (*cache.Entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.cached[key]
	if !ok {
		return nil, false
	}
	e = s.rebuild(e)
	return e, e != nil
}

func (s *bareStore) Delete(key cache.Key) error { delete(s.cached, key); return nil }
func (s *bareStore) Close() error               { return nil }

// all yields what is cached, the newest first or last.
func (s *bareStore) all(newestFirst bool) iter.Seq[*cache.Entry] {
	entries := slices.SortedFunc(maps.Values(s.cached), func(a, b *cache.Entry) int { return a.Answered.Compare(b.Answered) })
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
func stocking(t *testing.T, s *bareStore, handler http.Handler, adjust ...func(*proxy.Options)) *clockRig {
	t.Helper()
	return newClockRig(t, handler, append(adjust, func(o *proxy.Options) { o.Store = s })...)
}

// stocked returns a bareStore with what was fetched for the targets.
func stocked(t *testing.T, handler http.Handler, adjust func(*proxy.Options), targets ...string) *bareStore {
	t.Helper()
	s := newBareStore(t)
	r := stocking(t, s, handler, adjust)
	for _, target := range targets {
		r.get(target)
	}
	r.h.Close()
	return s
}

// goOffline starts another handler with what is on the bareStore, as after a restart.
func goOffline(t *testing.T, s *bareStore, adjust ...func(*proxy.Options)) *clockRig {
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
