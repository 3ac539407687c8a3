package disk

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"perigee/cache"
	"perigee/cache/cachetest"
)

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

// newClock returns a clock at the time when the entry of seed 0 was answered.
func newClock() *clock { return &clock{now: cachetest.Entry("", 0, 0).Answered} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// aged returns an entry that was answered so long before the clock's time.
func (c *clock) aged(key cache.Key, age time.Duration) *cache.Entry {
	seed := int(c.Now().Sub(newClock().now).Seconds())
	return cachetest.Entry(key, seed-int(age.Seconds()), 1000)
}

// Ages that make an entry what they are called.
const (
	isFresh      = 0
	isRevalidate = 90 * time.Minute
	isStale      = 24 * time.Hour
	isDead       = 8 * 24 * time.Hour
)

func exists(t testing.TB, tier *Tier, key cache.Key) bool {
	t.Helper()
	_, err := os.Stat(tier.entries.files.path(nameOf(key)))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return err == nil
}

// TestEvictionOrder fills a tier and then stores more, one by one.
func TestEvictionOrder(t *testing.T) {
	c := newClock()
	tier := openWalked(t, Options{MaxBytes: minMaxBytes, Now: c.Now}) // 16 blocks
	ages := map[byte]time.Duration{'f': isFresh, 'r': isRevalidate, 's': isStale, 'd': isDead}
	for _, key := range []string{"f1", "d1", "r1", "s1", "f2", "s2", "d2", "r2", "d3", "f3", "s3", "f4", "r3", "f5", "r4", "d4"} {
		mustPut(t, tier, c.aged(key, ages[key[0]]))
		c.advance(time.Second)
	}
	for _, key := range []string{"f1", "d1", "s2"} { // they were used since
		wantCached(t, tier, key)
		c.advance(time.Second)
	}
	order := []string{"d2", "d3", "d4", "d1", "s1", "s3", "r1", "r2", "r3", "r4", "f2", "f3", "f4", "f5", "s2", "f1"}
	for i := range 7 {
		mustPut(t, tier, c.aged(fmt.Sprint("new", i), isFresh))
		c.advance(time.Second)
		gone := slices.DeleteFunc(slices.Clone(order), func(key string) bool { return exists(t, tier, key) })
		if len(gone) < i+1 || !slices.Equal(gone, order[:len(gone)]) {
			t.Errorf("after %d more: got %v evicted, want the first of %v", i+1, gone, order)
		}
		if s := tier.Stats(); s.Bytes > s.MaxBytes || s.Evicted != uint64(len(gone)) {
			t.Errorf("after %d more: got %+v, want %d evicted", i+1, s, len(gone))
		}
	}
}

// TestLastUseSurvives restarts a tier between use and eviction.
func TestLastUseSurvives(t *testing.T) {
	dir := t.TempDir()
	c := newClock()
	tier := open(t, Options{Dir: dir, Now: c.Now})
	for i := range 16 {
		key := fmt.Sprint(i)
		mustPut(t, tier, c.aged(key, isFresh))
		if err := os.Chtimes(tier.entries.files.path(nameOf(key)), c.Now(), c.Now()); err != nil {
			t.Fatal(err)
		}
		c.advance(time.Second)
	}
	c.advance(touchPause)
	wantCached(t, tier, "0", "1")
	tier = openWalked(t, Options{Dir: dir, Now: c.Now, MaxBytes: minMaxBytes})
	mustPut(t, tier, c.aged("new", isFresh))
	for i := range 5 {
		key := fmt.Sprint(i)
		if got, want := exists(t, tier, key), i != 2 && i != 3; got != want {
			t.Errorf("%s: got %t for whether it is cached, want %t", key, got, want)
		}
	}
}

// TestFlood: what everybody uses was evicted, in favour of what one client asked for
// once, since hits in memory never counted on disk. Also after a restart.
func TestFlood(t *testing.T) {
	const popular = 40
	dir := t.TempDir()
	c := newClock()
	uses := func(yield func(cache.Key, uint32) bool) {
		for i := range popular {
			if !yield(fmt.Sprint("popular ", i), uint32(2+i)) {
				return
			}
		}
	}
	nobody := func(func(cache.Key, uint32) bool) {}
	for round, from := range []iter.Seq2[cache.Key, uint32]{uses, nobody, nobody} {
		tier := openWalked(t, Options{Dir: dir, MaxBytes: minMaxBytes * 4, Now: c.Now, Uses: from}) // 64 blocks
		if round == 0 {
			for i := range popular {
				mustPut(t, tier, c.aged(fmt.Sprint("popular ", i), isRevalidate))
			}
		}
		for i := range 250 {
			key := fmt.Sprint("search ", round, i)
			mustPut(t, tier, c.aged(key, isFresh))
			if i == 100 {
				c.advance(time.Second)
			}
			if !exists(t, tier, key) {
				t.Fatalf("round %d: search %d was not stored", round, i)
			}
		}
		for i := range popular {
			if key := fmt.Sprint("popular ", i); !exists(t, tier, key) {
				t.Errorf("round %d: %q was evicted", round, key)
			}
		}
		if err := tier.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSmallerLimitAfterRestart(t *testing.T) {
	dir := t.TempDir()
	tier := open(t, Options{Dir: dir})
	for i := range 40 {
		mustPut(t, tier, page(fmt.Sprint(i), 1000))
	}
	synctest.Test(t, func(t *testing.T) {
		again := open(t, Options{Dir: dir, MaxBytes: minMaxBytes})
		synctest.Wait() // until the walk has ended
		if s := again.Stats(); !s.Complete || s.Bytes > minMaxBytes || s.Entries == 0 {
			t.Errorf("got %+v, want what fits", s)
		}
	})
}

func TestTooLarge(t *testing.T) {
	tier := open(t, Options{MaxBytes: minMaxBytes})
	mustPut(t, tier, page("a", 100), page("b", 100))
	if err := tier.Put(page("a", minMaxBytes)); !errors.Is(err, cache.ErrTooLarge) {
		t.Errorf("got error %v, want ErrTooLarge", err)
	}
	wantMissing(t, tier, "a")
	wantCached(t, tier, "b")
	if got := tier.Stats(); got.Unhealthy != "" {
		t.Errorf("got unhealthy %q, want none", got.Unhealthy)
	}
}

// TestEvictLeavesWhatIsNewer is of files that changed after they were chosen.
func TestEvictLeavesWhatIsNewer(t *testing.T) {
	dir := t.TempDir()
	c := newClock()
	tier := openWalked(t, Options{Dir: dir, Now: c.Now})
	another := open(t, Options{Dir: dir, Now: c.Now})
	mustPut(t, tier, c.aged("here", isStale), c.aged("there", isStale),
		c.aged("used", isStale), c.aged("nowhere", isStale))
	victims := tier.entries.index.takeStale(1<<20, c.Now())
	if len(victims) != 4 {
		t.Fatalf("got %d victims, want 4", len(victims))
	}
	wantCached(t, tier, "used")
	mustPut(t, tier, c.aged("here", isFresh))
	mustPut(t, another, c.aged("there", isFresh))
	for _, v := range victims {
		tier.entries.evict(v)
	}
	wantCached(t, tier, "here", "there", "used")
	wantMissing(t, tier, "nowhere")
	if got := tier.Stats(); got.Entries != 3 || got.Evicted != 1 {
		t.Errorf("got %+v, want three entries and one evicted", got)
	}
}

// TestAccounts compares what the index says after much was done at once with
// what is in the folder.
func TestAccounts(t *testing.T) {
	dir := t.TempDir()
	tier := openWalked(t, Options{Dir: dir, MaxBytes: 4 * minMaxBytes})
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 100 {
				key := fmt.Sprint(worker, i*7%40)
				if err := tier.Put(page(key, i*97%9000)); err != nil {
					t.Errorf("put: %v", err)
				}
				if i%5 == 0 {
					if err := tier.Delete(key); err != nil {
						t.Errorf("delete: %v", err)
					}
				}
			}
		})
	}
	all.Wait()
	got, want := tier.Stats(), openWalked(t, Options{Dir: dir}).Stats()
	if got.Entries != want.Entries || got.Bytes != want.Bytes || got.Bytes > got.MaxBytes {
		t.Errorf("got %d entries of %d bytes, want %d of %d, at most %d",
			got.Entries, got.Bytes, want.Entries, want.Bytes, got.MaxBytes)
	}
	if got.Evicted == 0 {
		t.Error("nothing was evicted: the test is too small")
	}
	if tier.entries.index.reserved != 0 {
		t.Errorf("got %d bytes reserved, want 0", tier.entries.index.reserved)
	}
}
