//go:build unix

package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"perigee/cache/cachetest"
)

func TestKindOf(t *testing.T) {
	for err, want := range map[error]fault{
		syscall.ENOSPC: full, syscall.EDQUOT: full, syscall.EFBIG: full,
		syscall.EROFS: readOnly, syscall.EACCES: readOnly, fs.ErrPermission: readOnly,
		syscall.ENOENT: vanished, syscall.ENOTDIR: vanished,
		errSlow: slow, syscall.EMFILE: starved, syscall.ENFILE: starved, syscall.EIO: other, errors.New("else"): other,
	} {
		wrapped := fmt.Errorf("wrapped: %w", &fs.PathError{Op: "write", Path: "p", Err: err})
		if got := kindOf(wrapped); got != want {
			t.Errorf("%v: got %v, want %v", err, got, want)
		}
	}
}

// TestFaultsAreLoggedOnceInAWhile counts all of them.
func TestFaultsAreLoggedOnceInAWhile(t *testing.T) {
	var log cachetest.Logbook
	c := newClock()
	f := &health{what: "the disk cache", dir: "d", log: log.Logger(), now: c.Now}
	for range 3 {
		f.note(syscall.ENOSPC)
		f.note(syscall.EROFS)
	}
	if got := log.Lines("unhealthy"); len(got) != 2 {
		t.Errorf("got log lines %q, want one of each kind", got)
	}
	c.advance(logPause)
	f.note(syscall.ENOSPC)
	if got := log.Lines("the disk is full"); len(got) != 2 {
		t.Errorf("an hour later: got log lines %q, want two", got)
	}
	counts, unhealthy := f.state()
	if counts != [faultKinds]uint64{full: 4, readOnly: 3} || unhealthy != full.String() {
		t.Errorf("got (%v, %q), want 4 full and 3 read-only", counts, unhealthy)
	}
	f.recovered()
	if _, unhealthy := f.state(); unhealthy != "" {
		t.Errorf("mended: got unhealthy %q", unhealthy)
	}
}

// TestVanishedFolder has somebody remove all of it while the tier is in use.
func TestVanishedFolder(t *testing.T) {
	var log cachetest.Logbook
	dir := filepath.Join(t.TempDir(), "tier")
	tier := openWalked(t, Options{Dir: dir, Logger: log.Logger()})
	for range 2 {
		mustPut(t, tier, page("a", 100))
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		wantMissing(t, tier, "a")
	}
	mustPut(t, tier, page("b", 100))
	wantCached(t, tier, "b")
	if got := tier.Stats(); got.Vanished != 2 || got.Unhealthy != "" {
		t.Errorf("got %+v, want it to be gone twice and well now", got)
	}
	if got := log.Lines("the folder is gone"); len(got) != 2 {
		t.Errorf("got log lines %q, want that it is gone, and that it is well again, once each", got)
	}
	walk(t.Context(), tier.entries)
	if got := tier.Stats().Entries; got != 1 {
		t.Errorf("got %d entries, want 1", got)
	}
}

// TestNoFolder has a file where the folder should be: nothing works, nothing
// breaks, and when the file goes away all is well.
func TestNoFolder(t *testing.T) {
	var log cachetest.Logbook
	dir := filepath.Join(t.TempDir(), "tier")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tier := openWalked(t, Options{Dir: dir, Logger: log.Logger()})
	for range 3 {
		if err := tier.Put(page("a", 100)); err == nil {
			t.Error("put: got no error")
		}
		wantMissing(t, tier, "a")
	}
	if got := tier.Stats(); got.Unhealthy == "" || got.Entries != 0 {
		t.Errorf("got %+v, want it to be unhealthy", got)
	}
	if got := log.Lines("unhealthy"); len(got) != 1 {
		t.Errorf("got log lines %q, want one", got)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	mustPut(t, tier, page("a", 100))
	wantCached(t, tier, "a")
}

// TestOldDoesNotComeBack has neither a new entry stored nor the old one removed.
func TestOldDoesNotComeBack(t *testing.T) {
	dir := t.TempDir()
	tier := openWalked(t, Options{Dir: dir})
	mustPut(t, tier, page("a", 100))
	folder := tier.entries.files.folder(nameOf("a").shard())
	away := folder + ".away"
	// The folder becomes something that can be looked into, but not changed: a
	// name that leads round in circles fails every call.
	swap := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	swap(folder, away)
	if err := os.Symlink(folder, folder); err != nil {
		t.Fatal(err)
	}
	if err := tier.Put(page("a", 200)); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("put: got error %v, want ELOOP", err)
	}
	if err := tier.Delete("a"); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("delete: got error %v, want ELOOP", err)
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	swap(away, folder)
	wantMissing(t, tier, "a")
	walk(t.Context(), tier.entries) // tries again to remove it
	if exists(t, tier, "a") {
		t.Error("the old one would come back with the next start")
	}
	mustPut(t, tier, page("a", 300))
	wantCached(t, tier, "a")
}
