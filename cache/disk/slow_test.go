//go:build unix

package disk

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"perigee/cache/cachetest"
)

// hang puts in the place of an entry's file one that hangs whoever opens it, and
// returns what lets the first of them go: they find an empty file.
func hang(t *testing.T, tier *Tier, key string) (release func()) {
	t.Helper()
	path := tier.entries.files.path(nameOf(key))
	if err := makeFolder(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// impatient has the calls of a tier give up soon, until the function that it
// returns is called.
func impatient(tier *Tier, timeout time.Duration) (patient func()) {
	before := tier.calls.timeout
	tier.calls.timeout = timeout
	return func() { tier.calls.timeout = before }
}

// idle waits for calls that were left behind: then all slots can be had.
func idle(tier *Tier) {
	for range MaxCalls {
		tier.calls.slots <- struct{}{}
	}
	for range MaxCalls {
		<-tier.calls.slots
	}
}

const soon = 20 * time.Millisecond

// TestHangingGet: the medium does not answer, callers go on.
func TestHangingGet(t *testing.T) {
	var log cachetest.Logbook
	tier := openWalked(t, Options{Logger: log.Logger()})
	release := hang(t, tier, "a")
	patient := impatient(tier, soon)
	wantMissing(t, tier, "a", "a")
	if got := tier.Stats(); got.Slow != 2 || got.Unhealthy == "" {
		t.Errorf("got %+v, want two slow calls", got)
	}
	if got := log.Lines("does not answer"); len(got) != 1 {
		t.Errorf("got log lines %q, want one", got)
	}
	if err := tier.Close(); !errors.Is(err, errSlow) {
		t.Errorf("close: got error %v, want %v", err, errSlow)
	}
	patient()
	release()
	if !tier.calls.wait() {
		t.Error("calls do not end")
	}
}

// TestHangingCallsAreBounded: no more threads than that are lost to a medium.
func TestHangingCallsAreBounded(t *testing.T) {
	tier := openWalked(t, Options{})
	release := hang(t, tier, "a")
	patient := impatient(tier, time.Millisecond)
	for range 10 {
		for len(tier.calls.slots) < MaxCalls { // a call that finds no time to begin takes none
			wantMissing(t, tier, "a")
		}
		wantMissing(t, tier, "a")
	}
	if got := len(tier.calls.slots); got != MaxCalls {
		t.Errorf("got %d calls left behind, want %d", got, MaxCalls)
	}
	patient()
	release()
	idle(tier)
	mustPut(t, tier, page("b", 100))
}

// TestHangingPut lets a Put go on after its caller was told that it failed.
func TestHangingPut(t *testing.T) {
	tier := openWalked(t, Options{})
	mustPut(t, tier, page("a", 100))
	patient := impatient(tier, soon)
	stripe := &tier.entries.stripes[nameOf("a").shard()]
	stripe.Lock()
	if err := tier.Put(page("a", 200)); !errors.Is(err, errSlow) {
		t.Errorf("got error %v, want %v", err, errSlow)
	}
	wantMissing(t, tier, "a")
	patient()
	stripe.Unlock()
	idle(tier)
	wantMissing(t, tier, "a")
	if exists(t, tier, "a") {
		t.Error("the file is still there, and would come back with the next start")
	}
	mustPut(t, tier, page("a", 300))
	wantCached(t, tier, "a")
}

// TestLateChangesNothing: by the time it goes on, another has succeeded.
func TestLateChangesNothing(t *testing.T) {
	tier := openWalked(t, Options{})
	late := &write{name: nameOf("a")}
	tier.entries.tombstones.abandon(late)
	mustPut(t, tier, page("a", 300))
	if err := tier.entries.put(late, page("a", 200)); !errors.Is(err, errSlow) {
		t.Errorf("got error %v, want %v", err, errSlow)
	}
	if err := tier.entries.delete(late); !errors.Is(err, errSlow) {
		t.Errorf("got error %v, want %v", err, errSlow)
	}
	if e, ok := tier.Get("a"); !ok || len(e.Body) != 300 {
		t.Errorf("got (%v, %t), want what was put last", e, ok)
	}
	temps, err := filepath.Glob(filepath.Join(tier.entries.files.folder(nameOf("a").shard()), tempPrefix+"*"))
	if err != nil || len(temps) != 0 {
		t.Errorf("got (%q, %v), want nothing left behind", temps, err)
	}
}

func TestHangingDelete(t *testing.T) {
	tier := openWalked(t, Options{})
	mustPut(t, tier, page("a", 100))
	patient := impatient(tier, soon)
	stripe := &tier.entries.stripes[nameOf("a").shard()]
	stripe.Lock()
	if err := tier.Delete("a"); !errors.Is(err, errSlow) {
		t.Errorf("got error %v, want %v", err, errSlow)
	}
	wantMissing(t, tier, "a")
	patient()
	stripe.Unlock()
	idle(tier)
	wantMissing(t, tier, "a")
}
