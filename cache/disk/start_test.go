//go:build unix

package disk

import (
	"fmt"
	"os"
	"testing"

	"perigee/cache/cachetest"
	"perigee/cache/record"
)

// TestStartReadsNothing opens a folder with many files, one of which keeps the walk
// from its end, and gets the others meanwhile.
func TestStartReadsNothing(t *testing.T) {
	const files = 500
	dir := t.TempDir()
	fill(t, dir, files)
	tier := tierOf(dir)
	release := hang(t, tier, "hanging")
	tier = open(t, Options{Dir: dir})
	for i := range files {
		wantCached(t, tier, fmt.Sprint(i))
	}
	if got := tier.Stats(); got.Complete {
		t.Errorf("got %+v, want a walk under way", got)
	}
	release()
	<-tier.entries.index.walked
	if got := tier.Stats(); !got.Complete || got.Entries != files {
		t.Errorf("got %+v, want %d entries", got, files)
	}
}

// tierOf returns a tier that knows where its files are, and no more.
func tierOf(dir string) *Tier { return &Tier{entries: newEntries(Options{Dir: dir})} }

// fill writes the files of that many entries, without waiting for the medium.
func fill(t *testing.T, dir string, files int) {
	t.Helper()
	tier := tierOf(dir)
	for shard := range shards {
		if err := os.Mkdir(tier.entries.files.folder(byte(shard)), folderMode); err != nil {
			t.Fatal(err)
		}
	}
	e := cachetest.Entry("", 1, smallPage)
	for i := range files {
		e.Key = fmt.Sprint(i)
		if err := os.WriteFile(tier.entries.files.path(nameOf(e.Key)), record.Encode(e), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
