package cachetest

import (
	"sync"
	"testing"

	"go.uber.org/goleak"

	"perigee/cache"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// TestReferenceTierPasses keeps the suite from asking for more than it says.
func TestReferenceTierPasses(t *testing.T) {
	Run(t, func(*testing.T) cache.Tier { return newReference() })
}

// TestBrokenTiersAreCaught shows of every check a tier that it catches.
func TestBrokenTiersAreCaught(t *testing.T) {
	broken := map[string]func(*faulty){
		"MissWhenEmpty":  missesWithEntry,
		"PutThenGet":     forgetsSilently,
		"EveryField":     joinsHeaderLines,
		"DeadEntriesToo": judgesFreshness,
		"LatestWins":     keepsTheFirst,
		"ShrinkAndGrow":  keepsTheTail,
		"KeysAreOpaque":  trimsKeys,
		"Delete":         neverDeletes,
		"PutAfterDelete": neverRevives,
		"Ownership":      overwritesInPlace,
		"Invalid":        takesAnything,
		"Closed":         staysOpen,
		"Concurrent":     flipsBits,
		"CloseUnderLoad": closesRudely,
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			breakIt, ok := broken[c.name]
			if !ok {
				t.Fatal("nothing shows that this check can fail")
			}
			f := &faulty{reference: newReference()}
			if err := c.run(f); err != nil {
				t.Fatalf("whole tier: %v", err)
			}
			f = &faulty{reference: newReference()}
			breakIt(f)
			if err := c.run(f); err == nil {
				t.Error("the broken tier passed")
			}
		})
	}
}

// reference is the simplest correct tier.
type reference struct {
	mu      sync.Mutex
	entries map[cache.Key]*cache.Entry
	closed  bool
}

func newReference() *reference {
	return &reference{entries: make(map[cache.Key]*cache.Entry)}
}

func (r *reference) Get(key cache.Key) (*cache.Entry, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.entries[key]
	return e, ok
}

func (r *reference) Put(e *cache.Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case e == nil || e.Key == "":
		return cache.ErrInvalid
	case r.closed:
		return cache.ErrClosed
	}
	r.entries[e.Key] = e
	return nil
}

func (r *reference) Delete(key cache.Key) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return cache.ErrClosed
	}
	delete(r.entries, key)
	return nil
}

func (r *reference) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	clear(r.entries)
	return nil
}
