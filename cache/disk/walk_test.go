package disk

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet", "there")
	tier := open(t, Options{Dir: dir})
	for i := range 50 {
		mustPut(t, tier, page(fmt.Sprint(i), 5000))
	}
	if err := tier.Close(); err != nil {
		t.Fatal(err)
	}
	again := openWalked(t, Options{Dir: dir})
	if got, want := again.Stats(), int64(50*8192); got.Entries != 50 || got.Bytes != want {
		t.Errorf("got %+v, want 50 entries of %d bytes", got, want)
	}
	for i := range 50 {
		wantCached(t, again, fmt.Sprint(i))
	}
}

// TestPermissions: nobody else is to read what is cached.
func TestPermissions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tier")
	tier := open(t, Options{Dir: dir})
	mustPut(t, tier, page("a", 100), page("b", 100))
	damageFile(t, tier, "a")
	wantMissing(t, tier, "a")
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if got := info.Mode().Perm(); got != 0o600 && (!info.IsDir() || got != 0o700) {
			t.Errorf("%s: got mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestWalkCleansUp leaves files behind as killed writers do.
func TestWalkCleansUp(t *testing.T) {
	dir := t.TempDir()
	tier := open(t, Options{Dir: dir})
	mustPut(t, tier, page("a", 100))
	folder := tier.entries.files.folder(nameOf("a").shard())
	old, young, foreign := filepath.Join(folder, tempPrefix+"1"), filepath.Join(folder, tempPrefix+"2"), filepath.Join(folder, "README")
	for _, path := range []string{old, young, foreign} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * tempLife)
	for _, path := range []string{old, foreign} {
		if err := os.Chtimes(path, past, past); err != nil {
			t.Fatal(err)
		}
	}
	again := openWalked(t, Options{Dir: dir})
	for path, want := range map[string]bool{old: false, young: true, foreign: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: got error %v, want it there: %t", filepath.Base(path), err, want)
		}
	}
	if got := again.Stats(); got.Entries != 1 || got.Damaged != 0 {
		t.Errorf("got %+v, want one entry", got)
	}
}

// TestRewalk has others store and remove.
func TestRewalk(t *testing.T) {
	dir := t.TempDir()
	tier := openWalked(t, Options{Dir: dir})
	another := open(t, Options{Dir: dir})
	mustPut(t, tier, page("ours", 100), page("lost", 100))
	mustPut(t, another, page("theirs", 100))
	if err := os.Remove(tier.entries.files.path(nameOf("lost"))); err != nil {
		t.Fatal(err)
	}
	walk(t.Context(), tier.entries)
	got := tier.Stats()
	if got.Entries != 2 || got.Bytes != 2*block || !tier.entries.index.has(nameOf("theirs")) {
		t.Errorf("got %+v, want ours and theirs", got)
	}
}

// TestWalkEveryHour has another process store something after the first walk.
func TestWalkEveryHour(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		tier := open(t, Options{Dir: dir})
		another := open(t, Options{Dir: dir})
		synctest.Wait() // until both have walked
		mustPut(t, another, page("theirs", 100))
		for _, tt := range []struct {
			after time.Duration
			want  bool
		}{{walkEvery - 1, false}, {1, true}} {
			time.Sleep(tt.after)
			synctest.Wait()
			if got := tier.entries.index.has(nameOf("theirs")); got != tt.want {
				t.Errorf("%v later: got %t for whether it is known, want %t", tt.after, got, tt.want)
			}
		}
	})
}

func TestAll(t *testing.T) {
	tier := open(t, Options{})
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprint(100+i))
		mustPut(t, tier, page(want[i], 100))
	}
	damageFile(t, tier, want[7])
	want = slices.Delete(want, 7, 8)
	var got []string
	for e := range tier.All() {
		got = append(got, e.Key)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for range tier.All() {
		break
	}
	if err := tier.Close(); err != nil {
		t.Fatal(err)
	}
	for e := range tier.All() {
		t.Errorf("closed: got %q", e.Key)
	}
}

func TestParseName(t *testing.T) {
	good := nameOf("a").String() + pageSuffix
	for base, want := range map[string]bool{
		good: true, "": false, pageSuffix: false, good[1:]: false, "g" + good[1:]: false,
		"A" + good[1:]: false, good + "x": false, "00" + good: false,
	} {
		n, ok := parseName(base)
		if ok != want || ok && n != nameOf("a") {
			t.Errorf("%q: got (%v, %t), want %t", base, n, ok, want)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, tt := range []struct {
		opts Options
		err  string
	}{
		{Options{}, "disk: no folder is named"},
		{Options{Dir: "d", MaxBytes: minMaxBytes - 1}, "disk: 65535 bytes cannot hold a page, at least 65536 are needed"},
		{Options{Dir: "d", Timeout: -1}, "disk: the timeout is -1ns"},
	} {
		if tier, err := New(tt.opts); err == nil || err.Error() != tt.err || tier != nil {
			t.Errorf("got (%v, %v), want %s", tier, err, tt.err)
		}
	}
}
