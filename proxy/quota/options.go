package quota

import (
	"errors"
	"time"
)

// Options are the settings of a Gate.
type Options struct {
	// Limit requests may leave in any Period. If zero, both are learned from
	// reports (see Gate.Learn), and 15 an hour is assumed until then.
	Limit  int
	Period time.Duration
	// Reserve is how many slots are kept for clients that have spent nothing in
	// the period and wait for a page of which nothing is cached. Zero keeps none. Of a tiny
	// limit, half at most is kept.
	Reserve int
	// Queue is how many fetch requests may wait. If zero, 256.
	Queue int
	// Fanout is how many fetches may be under way at once for one client, and for
	// all background work together. If zero, 4.
	Fanout int
	// Save, if not nil, stores a snapshot for Gate.Restore. It is called before a
	// grant is handed out, so that a crash forgets none, and after each other
	// change; never twice at once, and never with an older state after a newer
	// one. It may block, which delays the grant. If it fails there is no grant: the
	// error of Acquire wraps it and ErrNotSaved. It must not use the gate.
	Save func(snapshot []byte) error
	// Hold is how long at most it takes from a Grant to its end: for so long
	// another process may still send what a snapshot says is under way (see
	// Gate.Follow).
	Hold time.Duration
	// Standby has nothing granted and nothing saved until Gate.Activate: another
	// process spends the same quota and saves the same record.
	Standby bool
	// Observer, if not nil, is told every decision.
	Observer Observer
}

// Defaults of Options.
const (
	defaultQueue  = 256
	defaultFanout = 4
)

// check fills in defaults.
func (o *Options) check() error {
	switch {
	case o.Limit < 0, o.Reserve < 0, o.Queue < 0, o.Fanout < 0:
		return errors.New("quota: a negative number in the options")
	case o.Limit > 0 && (o.Period < time.Second || o.Period > maxPeriod):
		return errors.New("quota: the period must lie between a second and 31 days")
	}
	if o.Queue == 0 {
		o.Queue = defaultQueue
	}
	if o.Fanout == 0 {
		o.Fanout = defaultFanout
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	return nil
}

// Observer is told every decision. Its arguments are of basic types, so that an
// implementation need not know this package; priority and reason are of the
// closed sets of Priority and Reason. It is called without any lock held and must
// be safe for concurrent use.
type Observer interface {
	// QuotaGranted: a fetch request got a slot after it waited for so long.
	QuotaGranted(priority string, waited time.Duration)
	// QuotaRefused: a fetch request was refused, after it waited for so long.
	QuotaRefused(priority, reason string, waited time.Duration)
	// QuotaDropped: nobody waited for a fetch request any more, which cost nothing.
	QuotaDropped(priority string)
}

// nobody observes nothing.
type nobody struct{}

func (nobody) QuotaGranted(string, time.Duration)         {}
func (nobody) QuotaRefused(string, string, time.Duration) {}
func (nobody) QuotaDropped(string)                        {}
