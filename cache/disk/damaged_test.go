package disk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"perigee/cache/cachetest"
	"perigee/cache/record"
)

// damageFile flips the last byte of an entry's file.
func damageFile(t testing.TB, tier *Tier, key string) {
	t.Helper()
	path := tier.entries.files.path(nameOf(key))
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file[len(file)-1] ^= 1
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
}

func badFiles(t testing.TB, tier *Tier) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(tier.entries.files.dir, badFolder, "*"+badSuffix))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestDamagedIsSetAside(t *testing.T) {
	var log cachetest.Logbook
	tier := openWalked(t, Options{Logger: log.Logger()})
	mustPut(t, tier, page("a", 100), page("b", 100))
	damageFile(t, tier, "a")
	wantMissing(t, tier, "a", "a")
	wantCached(t, tier, "b")
	if got := log.Lines("checksum of the body"); len(got) != 1 {
		t.Errorf("got log lines %q, want one", got)
	}
	if got := tier.Stats(); got.Damaged != 1 || got.Entries != 1 || got.Unhealthy != "" {
		t.Errorf("got %+v, want one damaged and one cached", got)
	}
	if got := badFiles(t, tier); len(got) != 1 {
		t.Errorf("got %q, want one file", got)
	}
	mustPut(t, tier, page("a", 100))
	wantCached(t, tier, "a")
}

// TestDamagedEverywhere flips bytes of a file from its front to its end.
func TestDamagedEverywhere(t *testing.T) {
	tier := openWalked(t, Options{})
	e := page("a", 200)
	whole := record.Encode(e)
	path := tier.entries.files.path(nameOf("a"))
	mustPut(t, tier, e)
	for i := range whole {
		whole[i] ^= 0x10
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		whole[i] ^= 0x10
		if got, ok := tier.Get("a"); ok {
			t.Errorf("byte %d: got %v, want a miss", i, got)
		}
	}
	if got := tier.Stats().Damaged; got != uint64(len(whole)) {
		t.Errorf("got %d damaged, want %d", got, len(whole))
	}
}

// TestMisnamedIsDamage gives a whole file the name of another entry.
func TestMisnamedIsDamage(t *testing.T) {
	tier := openWalked(t, Options{})
	mustPut(t, tier, page("a", 100), page("b", 100))
	if err := os.Rename(tier.entries.files.path(nameOf("a")), tier.entries.files.path(nameOf("b"))); err != nil {
		t.Fatal(err)
	}
	wantMissing(t, tier, "a", "b")
	if got := tier.Stats().Damaged; got != 1 {
		t.Errorf("got %d damaged, want 1", got)
	}
}

// TestWalkFindsDamage is of what a look at the first bytes shows.
func TestWalkFindsDamage(t *testing.T) {
	dir := t.TempDir()
	tier := openWalked(t, Options{Dir: dir}) // it would set them aside itself if it walked still
	mustPut(t, tier, page("a", 100), page("b", 100), page("c", 100))
	if err := os.Truncate(tier.entries.files.path(nameOf("a")), 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(tier.entries.files.path(nameOf("b")), 1000); err != nil {
		t.Fatal(err)
	}
	again := openWalked(t, Options{Dir: dir})
	if got := again.Stats(); got.Damaged != 2 || got.Entries != 1 {
		t.Errorf("got %+v, want two damaged and one cached", got)
	}
}

func TestFewDamagedAreKept(t *testing.T) {
	const damaged = 2 * maxBad
	c := newClock()
	tier := openWalked(t, Options{Now: c.Now})
	for i := range damaged {
		key := fmt.Sprint(i)
		mustPut(t, tier, page(key, 100))
		damageFile(t, tier, key)
		wantMissing(t, tier, key)
		c.advance(time.Second)
	}
	kept := strings.Join(badFiles(t, tier), "\n")
	if got := strings.Count(kept, badSuffix); got != maxBad {
		t.Errorf("got %d kept, want %d", got, maxBad)
	}
	if last := nameOf(fmt.Sprint(damaged - 1)); !strings.Contains(kept, last.String()) {
		t.Error("the latest is not among them")
	}
}

func TestLargeDamagedIsNotKept(t *testing.T) {
	tier := openWalked(t, Options{})
	mustPut(t, tier, page("a", maxBadSize))
	damageFile(t, tier, "a")
	wantMissing(t, tier, "a")
	if got := badFiles(t, tier); len(got) != 0 {
		t.Errorf("got %q, want none", got)
	}
	if _, err := os.Stat(tier.entries.files.path(nameOf("a"))); !os.IsNotExist(err) {
		t.Errorf("got error %v, want the file gone", err)
	}
}

// TestReplacedIsNotSetAside has the file replaced between being found damaged
// and being set aside.
func TestReplacedIsNotSetAside(t *testing.T) {
	tier := openWalked(t, Options{})
	mustPut(t, tier, page("a", 100))
	looked, err := os.Stat(tier.entries.files.path(nameOf("a")))
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, tier, page("a", 200))
	tier.entries.setAside(nameOf("a"), looked, record.WrongBody)
	wantCached(t, tier, "a")
	if got := tier.Stats().Damaged; got != 0 {
		t.Errorf("got %d damaged, want 0", got)
	}
}
