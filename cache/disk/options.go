package disk

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"perigee/cache"
)

// Options says where a Tier is and how large it may become.
type Options struct {
	// Dir is the folder of the tier. It belongs to the tier alone, and to others
	// with the same folder. Missing folders are made, with mode 0700.
	Dir string
	// MaxBytes is what the files may take, each in whole blocks of 4 KiB. If
	// zero, 1 GiB. A few damaged files come on top, 16 MiB at most.
	MaxBytes int64
	// Timeout is how long a call may wait for the medium. If zero, 5 seconds.
	Timeout time.Duration
	// Calls is how many calls may be in the file system at once, each with a file
	// open. If zero, MaxCalls, which is the most.
	Calls int
	// Logger logs damage and failures of the medium. If nil, nothing is logged.
	Logger *slog.Logger
	// Uses, if not nil, yields how often entries were used elsewhere since it was
	// called last, as by hits in a tier above: those count here, too. It is called
	// before entries are evicted, and every minute.
	Uses iter.Seq2[cache.Key, uint32]
	// Now is the clock that decides which entries are stale when one is evicted.
	// If nil, time.Now.
	Now func() time.Time
}

const (
	defaultMaxBytes = 1 << 30
	minMaxBytes     = 64 << 10
	defaultTimeout  = 5 * time.Second
)

// withDefaults returns the options with every zero replaced, or says which of
// them makes no sense.
func (o Options) withDefaults() (Options, error) {
	o.MaxBytes = cmp.Or(o.MaxBytes, defaultMaxBytes)
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	o.Calls = cmp.Or(o.Calls, MaxCalls)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Uses == nil {
		o.Uses = func(func(cache.Key, uint32) bool) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	switch {
	case o.Dir == "":
		return o, errors.New("disk: no folder is named")
	case o.MaxBytes < minMaxBytes:
		return o, fmt.Errorf("disk: %d bytes cannot hold a page, at least %d are needed", o.MaxBytes, minMaxBytes)
	case o.Calls < 0 || o.Calls > MaxCalls:
		return o, fmt.Errorf("disk: %d calls at once, at most %d make sense", o.Calls, MaxCalls)
	case o.Timeout < 0:
		return o, fmt.Errorf("disk: the timeout is %v", o.Timeout)
	}
	return o, nil
}
