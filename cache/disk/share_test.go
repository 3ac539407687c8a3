package disk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/cachetest"
)

const (
	shareRounds = 400
	sharedKeys  = 10
)

// TestTwoProcesses has two processes, and this one, work on the same keys in the
// same folder, which is too small for them: as in a rolling restart, but longer.
func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	first := startChild(t, roleSharer, dir, "1")
	second := startChild(t, roleSharer, dir, "2")
	if err := share(dir, 3); err != nil {
		t.Error(err)
	}
	for _, c := range []*child{first, second} {
		if output, err := c.wait(); err != nil {
			t.Errorf("%v: %s", err, output)
		}
	}
	tier := openWalked(t, Options{Dir: dir})
	if got := tier.Stats(); got.Damaged != 0 || got.Bytes > 3*minMaxBytes {
		t.Errorf("got %+v, want nothing damaged, and not more than three limits", got)
	}
}

// TestProcessesSeeEachOther: what one has stored or deleted the other knows at
// once, and when one ends the other goes on.
func TestProcessesSeeEachOther(t *testing.T) {
	dir := t.TempDir()
	older, younger := open(t, Options{Dir: dir}), open(t, Options{Dir: dir})
	mustPut(t, older, cachetest.Entry("a", 1, 100))
	wantCached(t, younger, "a")
	mustPut(t, younger, cachetest.Entry("a", 2, 100))
	if e, ok := older.Get("a"); !ok || e.Header.Get("X-Seed") != "2" {
		t.Errorf("got (%v, %t), want what the other put last", e, ok)
	}
	if err := younger.Delete("a"); err != nil {
		t.Fatal(err)
	}
	wantMissing(t, older, "a")
	mustPut(t, older, page("b", 100))
	if err := older.Close(); err != nil {
		t.Fatal(err)
	}
	wantCached(t, younger, "b")
}

// sharer is one of the processes.
func sharer(dir, id string) error {
	var n int
	if _, err := fmt.Sscan(id, &n); err != nil {
		return err
	}
	return share(dir, n)
}

// share stores, gets and deletes at random, and checks all that it gets.
func share(dir string, id int) error {
	tier, err := New(Options{Dir: dir, MaxBytes: minMaxBytes, Timeout: time.Minute})
	if err != nil {
		return err
	}
	defer tier.Close()
	<-tier.entries.index.walked
	hits := 0
	for i := range shareRounds {
		key := fmt.Sprint("key", rand.IntN(sharedKeys))
		seed := id*shareRounds + i
		if err := tier.Put(cachetest.Entry(key, seed, seed*7919%12_000)); err != nil {
			return fmt.Errorf("put: %w", err)
		}
		if i%20 == 0 {
			walk(context.Background(), tier.entries) // which sees what the others did
			if err := tier.Delete(key); err != nil {
				return fmt.Errorf("delete: %w", err)
			}
		}
		for range 4 {
			hit, err := checkShared(tier, fmt.Sprint("key", rand.IntN(sharedKeys)))
			if err != nil {
				return err
			}
			if hit {
				hits++
			}
		}
	}
	if s := tier.Stats(); s.Damaged != 0 || hits < shareRounds {
		return fmt.Errorf("got %d hits, and %+v", hits, s)
	}
	return nil
}

// checkShared checks that what is cached under key is an entry that some process
// stored there.
func checkShared(tier *Tier, key cache.Key) (hit bool, err error) {
	e, ok := tier.Get(key)
	if !ok {
		return false, nil
	}
	var seed int
	if _, err := fmt.Sscan(e.Header.Get("X-Seed"), &seed); err != nil {
		return false, err
	}
	want := cachetest.Entry(key, seed, seed*7919%12_000)
	if e.Key != key || !bytes.Equal(e.Body, want.Body) || e.Digest != sha256.Sum256(e.Body) {
		return false, fmt.Errorf("got %q with %d bytes for %q, want seed %d", e.Key, len(e.Body), key, seed)
	}
	return true, nil
}
