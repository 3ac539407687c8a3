//go:build unix

package disk

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"perigee/cache/cachetest"
)

// hang puts in the place of an entry's file one that hangs whoever opens it, and
// returns what lets them go.
func hang(t *testing.T, tier *Tier, key string) (release func()) {
	t.Helper()
	path := tier.path(nameOf(key))
	if err := makeFolder(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(func() { f.Close() })
	}
}

// impatient has the calls of a tier give up soon, until the function that it
// returns is called.
func impatient(tier *Tier, timeout time.Duration) (patient func()) {
	before := tier.calls.timeout
	tier.calls.timeout = timeout
	return func() { tier.calls.timeout = before }
}

// idle waits for calls that were left behind.
func idle(t *testing.T, tier *Tier) {
	t.Helper()
	for ; len(tier.calls.slots) > 0; runtime.Gosched() {
		if t.Context().Err() != nil {
			t.Fatal("calls do not end")
		}
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
	for range maxCalls + 10 {
		wantMissing(t, tier, "a")
	}
	if got := len(tier.calls.slots); got != maxCalls {
		t.Errorf("got %d calls left behind, want %d", got, maxCalls)
	}
	patient()
	release()
	idle(t, tier)
	mustPut(t, tier, page("b", 100))
}

// TestHangingPut lets a Put go on after its caller was told that it failed.
func TestHangingPut(t *testing.T) {
	tier := openWalked(t, Options{})
	mustPut(t, tier, page("a", 100))
	patient := impatient(tier, soon)
	stripe := &tier.stripes[nameOf("a").shard()]
	stripe.Lock()
	if err := tier.Put(page("a", 200)); !errors.Is(err, errSlow) {
		t.Errorf("got error %v, want %v", err, errSlow)
	}
	wantMissing(t, tier, "a")
	patient()
	stripe.Unlock()
	idle(t, tier)
	wantMissing(t, tier, "a")
	if exists(t, tier, "a") {
		t.Error("the file is still there, and would come back with the next start")
	}
	mustPut(t, tier, page("a", 300))
	wantHeld(t, tier, "a")
}

// TestLateChangesNothing: by the time it goes on, another has succeeded.
func TestLateChangesNothing(t *testing.T) {
	tier := openWalked(t, Options{})
	late := &writing{name: nameOf("a")}
	tier.index.abandon(late)
	mustPut(t, tier, page("a", 300))
	if err := tier.write(late, page("a", 200)); !errors.Is(err, errSlow) {
		t.Errorf("got error %v, want %v", err, errSlow)
	}
	if err := tier.erase(late); !errors.Is(err, errSlow) {
		t.Errorf("got error %v, want %v", err, errSlow)
	}
	if e, ok := tier.Get("a"); !ok || len(e.Body) != 300 {
		t.Errorf("got (%v, %t), want what was put last", e, ok)
	}
	temps, err := filepath.Glob(filepath.Join(tier.folder(nameOf("a").shard()), tempPrefix+"*"))
	if err != nil || len(temps) != 0 {
		t.Errorf("got (%q, %v), want nothing left behind", temps, err)
	}
}

func TestHangingDelete(t *testing.T) {
	tier := openWalked(t, Options{})
	mustPut(t, tier, page("a", 100))
	patient := impatient(tier, soon)
	stripe := &tier.stripes[nameOf("a").shard()]
	stripe.Lock()
	if err := tier.Delete("a"); !errors.Is(err, errSlow) {
		t.Errorf("got error %v, want %v", err, errSlow)
	}
	wantMissing(t, tier, "a")
	patient()
	stripe.Unlock()
	idle(t, tier)
	wantMissing(t, tier, "a")
}
