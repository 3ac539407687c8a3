package quota

import "time"

// Observer is told every decision. Its arguments are of basic types, so that an
// implementation need not know this package; priority and reason are of the
// closed sets of Priority and Reason. It is called without any lock held and must
// be safe for concurrent use.
type Observer interface {
	// QuotaGranted: a demand got a slot after it waited for so long.
	QuotaGranted(priority string, waited time.Duration)
	// QuotaRefused: a demand was told to come back, after it waited for so long.
	QuotaRefused(priority, reason string, waited time.Duration)
	// QuotaDropped: nobody waited for a demand any more, which cost nothing.
	QuotaDropped(priority string)
}

// nobody observes nothing.
type nobody struct{}

func (nobody) QuotaGranted(string, time.Duration)         {}
func (nobody) QuotaRefused(string, string, time.Duration) {}
func (nobody) QuotaDropped(string)                        {}
