package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"perigee/cache/cachetest"
)

// mountSmall returns a folder on a medium of a megabyte. Only root can.
func mountSmall(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// TestDiskFull fills the medium with something else.
func TestDiskFull(t *testing.T) {
	var log cachetest.Logbook
	dir := mountSmall(t)
	c := newClock()
	tier := openWalked(t, Options{Dir: filepath.Join(dir, "tier"), Now: c.Now, Logger: log.Logger()})
	mustPut(t, tier, c.aged("kept", isFresh), c.aged("old", isFresh))
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("fill: got error %v, want ENOSPC", err)
	}
	for range 3 {
		if err := tier.Put(c.aged("old", isFresh)); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("got error %v, want ENOSPC", err)
		}
		if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("fill: got error %v, want ENOSPC", err)
		}
	}
	wantMissing(t, tier, "old") // a newer one was seen
	wantCached(t, tier, "kept")
	if got := tier.Stats(); got.Full != 3 || got.Unhealthy == "" || got.Evicted != 0 {
		t.Errorf("got %+v, want it to be full three times", got)
	}
	if got := log.Lines("the disk is full"); len(got) != 1 {
		t.Errorf("got log lines %q, want one", got)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	mustPut(t, tier, c.aged("old", isFresh))
	if got := tier.Stats().Unhealthy; got != "" {
		t.Errorf("got unhealthy %q, want it well", got)
	}
}

// TestDiskFullOfStale fills the medium with entries, since MaxBytes is more than
// there is.
func TestDiskFullOfStale(t *testing.T) {
	c := newClock()
	tier := openWalked(t, Options{Dir: filepath.Join(mountSmall(t), "tier"), Now: c.Now})
	var err error
	for i := 0; err == nil; i++ {
		err = tier.Put(c.aged(fmt.Sprint(i), isFresh))
		c.advance(time.Second)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("fresh: got error %v, want ENOSPC", err)
	}
	c.advance(isStale)
	for i := range 50 {
		mustPut(t, tier, c.aged(fmt.Sprint("new", i), isFresh))
		if exists(t, tier, fmt.Sprint(i)) {
			t.Errorf("%d was used last before all others, and is still there", i)
		}
	}
	if got := tier.Stats(); got.Evicted < 50 || got.Full != 1 {
		t.Errorf("got %+v, want 50 evicted", got)
	}
}

// TestReadOnly serves what is there.
func TestReadOnly(t *testing.T) {
	var log cachetest.Logbook
	mount := mountSmall(t)
	dir := filepath.Join(mount, "tier")
	tier := openWalked(t, Options{Dir: dir, Logger: log.Logger()})
	mustPut(t, tier, page("a", 100), page("b", 100), page("c", 100))
	damageFile(t, tier, "c")
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("tmpfs", mount, "tmpfs", syscall.MS_REMOUNT|flags, "size=1m"); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	for _, put := range []string{"a", "a", "new"} {
		if err := tier.Put(page(put, 200)); !errors.Is(err, syscall.EROFS) {
			t.Errorf("put: got error %v, want EROFS", err)
		}
	}
	if err := tier.Delete("never stored"); err != nil {
		t.Errorf("delete of nothing: %v", err)
	}
	wantCached(t, tier, "b")
	wantCached(t, openWalked(t, Options{Dir: dir}), "b") // also after a restart
	wantMissing(t, tier, "a", "c", "c")
	if got := tier.Stats(); got.ReadOnly != 3 || got.Damaged != 1 {
		t.Errorf("got %+v, want it to be read-only three times, one damaged", got)
	}
	for text, want := range map[string]int{"cannot be written to": 1, "set aside": 1} {
		if got := log.Lines(text); len(got) != want {
			t.Errorf("got log lines %q, want %d", got, want)
		}
	}
	remount(0)
	wantMissing(t, tier, "a")
	mustPut(t, tier, page("a", 300))
	wantCached(t, tier, "a")
}

// TestMirroredOnAFullDisk: what was spent was forgotten from the moment the disk was
// full. The space of the record is taken beforehand.
func TestMirroredOnAFullDisk(t *testing.T) {
	dir := mountSmall(t)
	m := openMirrored(t, filepath.Join(dir, "state"))
	if err := m.Save([]byte("before")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ballast"), make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("fill: got error %v, want ENOSPC", err)
	}
	if err := m.Save(make([]byte, 10_000)); err != nil {
		t.Errorf("the disk is full: %v", err)
	}
	if err := m.Save(make([]byte, 100_000)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("more than was taken: got error %v, want ENOSPC", err)
	}
	wantSaved(t, openMirrored(t, filepath.Join(dir, "state")), string(make([]byte, 10_000)), false)
}
