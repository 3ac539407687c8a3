package proxy

import (
	"time"

	"perigee/proxy/cachestatus"
)

// Outcome tells how a request was answered. It is a closed set, the same in the
// Cache-Status field, in the access record and in the metrics.
type Outcome string

// The outcomes.
const (
	Hit       Outcome = "hit"       // a fresh entry
	Stale     Outcome = "stale"     // an entry past its freshness
	Collapsed Outcome = "collapsed" // waited for a fetch that another request caused
	Miss      Outcome = "miss"      // caused the fetch
	Bypass    Outcome = "bypass"    // passed through, not cacheable
	Local     Outcome = "local"     // answered by the proxy itself: preflights, the throttle report
	Refused   Outcome = "refused"   // no quota and nothing held
	Failed    Outcome = "error"     // upstream failed and nothing held, or a bad request
)

// Outcomes lists them all, for those who must know the set beforehand.
func Outcomes() []Outcome {
	return []Outcome{Hit, Stale, Collapsed, Miss, Bypass, Local, Refused, Failed}
}

// verdict is how one request was answered, with what Cache-Status (RFC 9211)
// says beyond the outcome itself.
type verdict struct {
	outcome   Outcome
	detail    string          // a token; empty: nothing to add
	ttl       time.Duration   // of the entry that answered; negative when stale
	fwd       cachestatus.How // why upstream was asked
	fwdStatus int             // what it answered; 0: not told
	stored    bool            // whether that answer was stored
}

// member is what the Cache-Status field says of it. key may be empty.
func (v verdict) member(key string) cachestatus.Member {
	m := cachestatus.Member{
		FwdStatus: v.fwdStatus, Stored: v.stored, Collapsed: v.outcome == Collapsed,
		Key: key, Detail: v.detail,
	}
	switch v.outcome {
	case Hit, Stale:
		m.How, m.HasTTL, m.TTL = cachestatus.Hit, true, cachestatus.Seconds(v.ttl)
	case Miss, Collapsed:
		m.How = v.fwd
	case Bypass:
		m.How = cachestatus.Bypass
	}
	return m
}
