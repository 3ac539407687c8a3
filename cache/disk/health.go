package disk

import (
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"syscall"
	"time"
)

// fault is a kind of failure of the medium.
type fault uint8

const (
	full fault = iota
	readOnly
	vanished
	slow
	starved
	other
	faultKinds int = iota
)

// String says what is wrong, for the log.
func (f fault) String() string {
	return [...]string{
		full: "the disk is full", readOnly: "the folder cannot be written to",
		vanished: "the folder is gone", slow: "the disk does not answer", starved: "no file can be opened, there are too many", other: "the disk fails",
	}[f]
}

// kindOf returns the kind of fault that an error of the file system is.
func kindOf(err error) fault {
	switch {
	case lacksSpace(err), errors.Is(err, syscall.EFBIG):
		return full
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return readOnly
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return vanished
	case errors.Is(err, errSlow):
		return slow
	case lacksDescriptors(err):
		return starved
	}
	return other
}

// lacksSpace reports whether removing other files would help.
func lacksSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// lacksDescriptors reports whether this process, or the machine, has too many files and
// connections open.
func lacksDescriptors(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// logPause is how long a kind of fault is not logged again.
const logPause = time.Hour

// health counts the faults of the medium, and logs each kind once in a while. It
// never stops anybody: the caller goes on as after a miss.
type health struct {
	what string // fails, in words for the log
	dir  string
	log  *slog.Logger
	now  func() time.Time

	mu      sync.Mutex // guards all below
	counts  [faultKinds]uint64
	logged  [faultKinds]time.Time
	current string // what was wrong last; empty: nothing, or no longer
	open    bool   // that something is wrong was logged, and not yet that it is well again
}

// note counts a fault, and logs it unless its kind was logged not long ago.
func (h *health) note(err error) {
	kind := kindOf(err)
	if h.count(kind, h.now()) {
		h.log.Warn(h.what+" is unhealthy", "why", kind.String(), "folder", h.dir, "err", err)
	}
}

// count reports whether it is time to log that kind.
func (h *health) count(kind fault, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[kind]++
	h.current = kind.String()
	if last := h.logged[kind]; !last.IsZero() && now.Sub(last) < logPause {
		return false
	}
	h.logged[kind], h.open = now, true
	return true
}

// recovered notes that a write has succeeded. It logs that if it was logged that one
// had failed: a medium that fails now and then does not fill the log.
func (h *health) recovered() {
	h.mu.Lock()
	was, open := h.current, h.open
	h.current, h.open = "", false
	h.mu.Unlock()
	if was != "" && open {
		h.log.Info(h.what+" is well again", "was", was, "folder", h.dir)
	}
}

// state returns the counts and what is wrong.
func (h *health) state() (counts [faultKinds]uint64, current string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.counts, h.current
}
