package disk

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"perigee/cache/cachetest"
	"perigee/cache/record"
)

// manyFiles is the environment variable that asks for more files than usual: a
// hundred thousand of 22 KB are two gigabytes, and take a minute to write.
const manyFiles = "PERIGEE_DISK_TEST_FILES"

// TestStartReadsNothing opens a folder with many files, and gets one of them
// before they all have been looked at.
func TestStartReadsNothing(t *testing.T) {
	files := 2000
	if set := os.Getenv(manyFiles); set != "" {
		if _, err := fmt.Sscan(set, &files); err != nil {
			t.Fatalf("%s: %v", manyFiles, err)
		}
	}
	dir := t.TempDir()
	fill(t, dir, files)
	began := time.Now()
	tier := open(t, Options{Dir: dir, MaxBytes: 1 << 40})
	ready := time.Since(began)
	wantHeld(t, tier, fmt.Sprint(files-1))
	answered, complete := time.Since(began), tier.Stats().Complete
	for ; !tier.Stats().Complete; runtime.Gosched() {
		if t.Context().Err() != nil {
			t.Fatal("the walk does not end")
		}
	}
	walked := time.Since(began)
	t.Logf("%d files: open after %v, one got after %v, all looked at after %v", files, ready, answered, walked)
	if complete && files > 100 {
		t.Error("all files had been looked at before one could be got")
	}
	if got := tier.Stats().Entries; got != files {
		t.Errorf("got %d entries, want %d", got, files)
	}
}

// fill writes the files of that many entries, without waiting for the medium.
func fill(t *testing.T, dir string, files int) {
	t.Helper()
	tier := &Tier{opts: Options{Dir: dir}}
	for shard := range shards {
		if err := os.Mkdir(tier.folder(byte(shard)), folderMode); err != nil {
			t.Fatal(err)
		}
	}
	e := cachetest.Entry("", 1, smallPage)
	for i := range files {
		e.Key = fmt.Sprint(i)
		if err := os.WriteFile(tier.path(nameOf(e.Key)), record.Encode(e), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
