package quota

import (
	"errors"
	"fmt"
	"time"
)

// Reason is why no slot was granted, one of a closed set.
type Reason string

// The reasons.
const (
	Spent     Reason = "spent"      // no slot returns in time
	Share     Reason = "share"      // the client has used its share, and others want theirs
	Closed    Reason = "closed"     // upstream refused a request, and said when to come back
	Learning  Reason = "learning"   // what is spent is not known yet
	Busy      Reason = "busy"       // as many fetches are under way for the same client as may be
	QueueFull Reason = "queue-full" // others wait that come first
)

// ErrNobodyWaits is returned to a flight whose last waiter left before its turn.
// Nothing was spent.
var ErrNobodyWaits = errors.New("quota: nobody waits")

// RefusedError tells that no slot will come in time.
type RefusedError struct {
	// RetryAfter is how long until a slot that the client can really expect, at
	// least one second. It speaks of whom the demand would serve first; what
	// each client can expect tells Gate.View.
	RetryAfter time.Duration
	Reason     Reason
}

// Error tells both.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("quota: refused (%s), retry after %s", e.Reason, e.RetryAfter)
}
