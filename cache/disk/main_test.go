package disk

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"perigee/cache"
	"perigee/cache/cachetest"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		os.Exit(runChild(role))
	}
	goleak.VerifyTestMain(m)
}

// open returns a tier that is closed with the test, in a folder of the test if
// the options name none.
func open(t testing.TB, o Options) *Tier {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	tier, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tier.Close(); err != nil {
			t.Error(err)
		}
	})
	return tier
}

// openWalked is open, and waits until all files have been looked at.
func openWalked(t testing.TB, o Options) *Tier {
	t.Helper()
	tier := open(t, o)
	<-tier.entries.index.walked
	return tier
}

func mustPut(t testing.TB, tier *Tier, entries ...*cache.Entry) {
	t.Helper()
	for _, e := range entries {
		if err := tier.Put(e); err != nil {
			t.Fatalf("put %q: %v", e.Key, err)
		}
	}
}

func wantCached(t testing.TB, tier *Tier, keys ...cache.Key) {
	t.Helper()
	for _, key := range keys {
		if e, ok := tier.Get(key); !ok || e.Key != key {
			t.Errorf("got (%v, %t) for %q, want it cached", e, ok, key)
		}
	}
}

func wantMissing(t testing.TB, tier *Tier, keys ...cache.Key) {
	t.Helper()
	for _, key := range keys {
		if e, ok := tier.Get(key); ok || e != nil {
			t.Errorf("got (%v, %t) for %q, want a miss", e, ok, key)
		}
	}
}

// page returns an entry of about that many bytes.
func page(key cache.Key, size int) *cache.Entry { return cachetest.Entry(key, 1, size) }
