package disk

import (
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"syscall"
	"time"
)

// fault is a kind of trouble with the medium.
type fault uint8

const (
	full fault = iota
	readOnly
	vanished
	slow
	other
	faultKinds int = iota
)

// String says what is wrong, as the log has it.
func (f fault) String() string {
	switch f {
	case full:
		return "the disk is full"
	case readOnly:
		return "the folder cannot be written to"
	case vanished:
		return "the folder is gone"
	case slow:
		return "the disk does not answer"
	}
	return "the disk fails"
}

func kindOf(err error) fault {
	switch {
	case lacksRoom(err), errors.Is(err, syscall.EFBIG):
		return full
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return readOnly
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return vanished
	case errors.Is(err, errSlow):
		return slow
	}
	return other
}

// lacksRoom reports whether there would be room if other files were removed.
func lacksRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// faultPause is how long a kind of fault is not logged again.
const faultPause = time.Hour

// faults counts what is wrong with the medium, and logs it once in a while. It
// never stops anybody: whoever asks for an entry goes on as after a miss.
type faults struct {
	dir string
	log *slog.Logger
	now func() time.Time

	mu        sync.Mutex // guards all below
	counts    [faultKinds]uint64
	logged    [faultKinds]time.Time
	unhealthy string // what was wrong last; empty: nothing, or mended
}

func (f *faults) note(err error) {
	kind := kindOf(err)
	if f.count(kind, f.now()) {
		f.log.Warn("the disk cache is unhealthy", "why", kind.String(), "folder", f.dir, "err", err)
	}
}

// count reports whether it is time to log that kind.
func (f *faults) count(kind fault, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[kind]++
	f.unhealthy = kind.String()
	if last := f.logged[kind]; !last.IsZero() && now.Sub(last) < faultPause {
		return false
	}
	f.logged[kind] = now
	return true
}

// mended notes that the medium took something.
func (f *faults) mended() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unhealthy = ""
}

// state returns the counts and what is wrong.
func (f *faults) state() (counts [faultKinds]uint64, unhealthy string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts, f.unhealthy
}
