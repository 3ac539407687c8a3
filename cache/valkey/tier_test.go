package valkey

import (
	"errors"
	"strings"
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/cachetest"
	"perigee/cache/valkey/valkeytest"
)

// beforeEntries is a moment when the entries of the suite are still of use.
func beforeEntries() time.Time { return cachetest.Entry("key", 0, 0).Asked.Add(-time.Hour) }

func TestTierConformance(t *testing.T) {
	s := valkeytest.Start(t)
	cachetest.Run(t, func(t *testing.T) cache.Tier {
		s.Do("FLUSHALL")
		return reached(t, Options{URL: s.URL()}, TierOptions{Now: beforeEntries}).Tier()
	})
}

// TestTimeToLive: nothing outlives the last moment when it may be served.
func TestTimeToLive(t *testing.T) {
	now := time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return now.Add(d) }
	tests := []struct {
		name string
		e    cache.Entry
		want time.Duration
	}{
		{"no times", cache.Entry{}, unboundedLife},
		{"fresh alone", cache.Entry{FreshUntil: at(time.Hour)}, time.Hour},
		{"stale if error", cache.Entry{FreshUntil: at(-time.Hour), StaleIfErrorUntil: at(time.Minute)}, time.Minute},
		{"the latest", cache.Entry{FreshUntil: at(3), StaleWhileRevalidateUntil: at(time.Hour), StaleIfErrorUntil: at(2)}, time.Hour},
		{"less than the server can tell", cache.Entry{FreshUntil: at(1)}, time.Millisecond},
		{"past", cache.Entry{FreshUntil: at(-time.Second)}, -time.Second},
		{"now", cache.Entry{FreshUntil: now}, 0},
	}
	for _, tt := range tests {
		if got := timeToLive(&tt.e, now); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestServerForgets(t *testing.T) {
	s := valkeytest.Start(t)
	c := replica(t, s, "a")
	tier := c.Tier()
	mustPut(t, tier, page("key", 1, "body"))
	left, err := time.ParseDuration(s.Do("PTTL "+c.Tier().page("key")) + "ms")
	if day := 24 * time.Hour; err != nil || left > day-time.Second || left < day-time.Minute {
		t.Errorf("got (%v, %v) until the server forgets, want the stale bound", left, err)
	}
	past := page("key", 0, "new")
	past.FreshUntil, past.StaleIfErrorUntil = past.Asked, past.Asked
	mustPut(t, tier, past)
	wantMissing(t, tier, "key") // not what was there before either
	if got := c.Tier().Stats(); got.Past != 1 || got.Puts != 1 {
		t.Errorf("got %+v, want one past and one put", got)
	}
}

// TestOlderDoesNotReplace: a replica that was cut off comes with an old entry.
func TestOlderDoesNotReplace(t *testing.T) {
	s := valkeytest.Start(t)
	a, b := replica(t, s, "a").Tier(), replica(t, s, "b").Tier()
	mustPut(t, a, page("key", 10, "newer"))
	mustPut(t, b, page("key", 20, "older"))
	wantBody(t, a, "key", "newer")
	wantBody(t, b, "key", "newer")
	mustPut(t, b, page("key", 5, "newest"))
	wantBody(t, a, "key", "newest")
	// A clock that is fast does not keep the others out.
	mustPut(t, a, page("key", -3600, "from the future"))
	mustPut(t, b, page("key", -1, "later"))
	wantBody(t, a, "key", "later")
}

func TestDamagedIsMiss(t *testing.T) {
	s := valkeytest.Start(t)
	c := replica(t, s, "a")
	tier := c.Tier()
	at, other := c.Tier().page("key"), c.Tier().page("other")
	tests := []struct{ name, command string }{
		{"garbage", "HSET " + at + " v1 garbage"},
		{"nothing", "HSET " + at + ` v1 ""`},
		{"no fence", "HDEL " + at + " fence"},
		{"another's", "COPY " + other + " " + at + " REPLACE"},
		{"another type", "SET " + at + " garbage"},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mustPut(t, tier, page("key", 1, "body"))
			mustPut(t, tier, page("other", 1, "body"))
			s.Do(tt.command)
			if tt.name == "no fence" {
				s.Do("HSET " + at + " v1 garbage")
			}
			wantMissing(t, tier, "key")
			if got := s.Do("EXISTS " + at); got != "0" {
				t.Error("it is still there")
			}
			if got := c.Tier().Stats().Damaged; got != uint64(i+1) {
				t.Errorf("got %d damaged, want %d", got, i+1)
			}
			mustPut(t, tier, page("key", 1, "body"))
			wantBody(t, tier, "key", "body")
		})
	}
	t.Run("another type, put", func(t *testing.T) {
		s.Do("SET " + at + " garbage")
		mustPut(t, tier, page("key", 1, "body"))
		wantBody(t, tier, "key", "body")
	})
}

// TestForgetSparesWhatIsNewer: what was damaged may have been replaced by then.
func TestForgetSparesWhatIsNewer(t *testing.T) {
	s := valkeytest.Start(t)
	c := replica(t, s, "a")
	tier := c.Tier()
	mustPut(t, tier, page("key", 1, "body"))
	tier.forget(c.Tier().page("key"), "1")
	wantBody(t, tier, "key", "body")
}

// TestFailedPutHidesWhatIsOlder: what could not be displaced does not come back.
func TestFailedPutHidesWhatIsOlder(t *testing.T) {
	s := valkeytest.Start(t)
	network := valkeytest.NewPartition(t, s.Addr())
	c := reached(t, Options{URL: network.URL()})
	tier := c.Tier()
	mustPut(t, tier, page("key", 10, "old"))
	network.Cut()
	if err := tier.Put(page("key", 5, "new")); !errors.Is(err, ErrLost) {
		t.Errorf("put: got error %v, want ErrLost", err)
	}
	network.Heal()
	await(t, "be back", func() bool { return c.Stats().Up })
	wantMissing(t, tier, "key")
	mustPut(t, replica(t, s, "b").Tier(), page("key", 1, "newer"))
	wantBody(t, tier, "key", "newer")
}

func TestTooLarge(t *testing.T) {
	s := valkeytest.Start(t)
	c := replica(t, s, "a")
	long := string(make([]byte, maxKey+1))
	if err := c.Tier().Put(page(long, 1, "body")); !errors.Is(err, cache.ErrTooLarge) {
		t.Errorf("put: got error %v, want ErrTooLarge", err)
	}
	wantMissing(t, c.Tier(), long)
	if err := c.Tier().Delete(long); err != nil {
		t.Errorf("delete: %v", err)
	}
}

func TestStoredIsHeard(t *testing.T) {
	s := valkeytest.Start(t)
	a := replica(t, s, "a")
	told := make(chan cache.Key, 10)
	b := reached(t, Options{URL: s.URL(), Replica: "b"}, TierOptions{OnStored: func(key cache.Key) { told <- key }})
	mustPut(t, b.Tier(), page("own", 1, "body"))
	mustPut(t, a.Tier(), page("key", 1, "body"))
	if got := <-told; got != "key" {
		t.Errorf("got %q stored, want key: not what it stored itself", got)
	}
}

// TestLargeEntry has one of the size of the largest body.
func TestLargeEntry(t *testing.T) {
	s := valkeytest.Start(t)
	tier := replica(t, s, "a").Tier()
	body := strings.Repeat("0123456789abcdef", 2<<20)
	mustPut(t, tier, page("key", 1, body))
	e, ok := tier.Get("key")
	if !ok || string(e.Body) != body {
		t.Error("got another body, or none")
	}
}

func TestGrowth(t *testing.T) {
	tests := []struct {
		size int
		want time.Duration
	}{
		{0, 0},
		{1 << 20, time.Second / 64},
		{32 << 20, 500 * time.Millisecond},
		{maxValue, maxGrowth},
	}
	for _, tt := range tests {
		if got := growth(tt.size); got != tt.want {
			t.Errorf("%d bytes: got %v, want %v", tt.size, got, tt.want)
		}
	}
}
