package plain

import (
	"time"

	"perigee/proxy/cachestatus"
)

// Outcome tells how a request was answered: a closed set, the same in the access
// record and in the metrics.
type Outcome string

// The outcomes.
const (
	Hit       Outcome = "hit"       // a fresh entry
	Stale     Outcome = "stale"     // an entry past its freshness
	Collapsed Outcome = "collapsed" // waited for a fetch that another request caused
	Miss      Outcome = "miss"      // caused a fetch, or a validation
	Bypass    Outcome = "bypass"    // passed through, not cacheable
	Refused   Outcome = "refused"   // upstream throttles, and nothing is held
	Failed    Outcome = "error"     // upstream failed and nothing is held, or a bad request
)

// verdict is how one request was answered.
type verdict struct {
	outcome   Outcome
	fwd       cachestatus.How // why it was forwarded; Unsaid: it was not
	detail    string          // a token; empty: nothing to add
	ttl       time.Duration   // of the entry that answered; negative when stale
	fwdStatus int             // what upstream answered; 0: it was not asked
	stored    bool            // whether that answer was stored
}

// member is what Cache-Status says of it (RFC 9211).
func (v verdict) member() cachestatus.Member {
	m := cachestatus.Member{
		How: v.fwd, FwdStatus: v.fwdStatus, Stored: v.stored,
		Collapsed: v.outcome == Collapsed, Detail: v.detail,
	}
	if v.outcome == Hit || v.outcome == Stale {
		m.How, m.TTL, m.HasTTL = cachestatus.Hit, cachestatus.Seconds(v.ttl), true
	}
	return m
}
