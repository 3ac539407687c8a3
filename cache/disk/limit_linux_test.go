package disk

import (
	"fmt"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"perigee/cache/cachetest"
)

// TestLimitedFileSize: files may not grow beyond a size, in a process of its own.
func TestLimitedFileSize(t *testing.T) {
	if output, err := startChild(t, roleLimited, t.TempDir(), "").wait(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// limited is the process.
func limited(dir string) error {
	var log cachetest.Logbook
	tier, err := New(Options{Dir: dir, Logger: log.Logger(), Timeout: time.Minute})
	if err != nil {
		return err
	}
	defer tier.Close()
	if err := limitFileSize(64 << 10); err != nil {
		return err
	}
	if err := tier.Put(page("small", 1000)); err != nil {
		return err
	}
	if err := tier.Put(page("large", 1000)); err != nil {
		return err
	}
	for range 3 {
		if err := tier.Put(page("large", 100_000)); kindOf(err) != full {
			return fmt.Errorf("got error %v, want one of no space", err)
		}
	}
	_, small := tier.Get("small")
	_, large := tier.Get("large")
	if lines := log.Lines("the disk is full"); !small || large || len(lines) != 1 {
		return fmt.Errorf("got (%t, %t, %q), want the small one cached and one line", small, large, lines)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*", tempPrefix+"*")); err != nil || len(left) != 0 {
		return fmt.Errorf("got (%q, %v), want nothing left behind", left, err)
	}
	return nil
}

// limitFileSize limits how large the files of this process may become.
func limitFileSize(bytes uint64) error {
	signal.Ignore(syscall.SIGXFSZ)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: bytes})
}
