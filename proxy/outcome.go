package proxy

import (
	"strconv"
	"time"
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
	detail    string        // a token; empty: nothing to add
	ttl       time.Duration // of the entry that answered; negative when stale
	fwdStatus int           // what upstream answered; 0: it was not asked
	stored    bool          // whether that answer was stored
}

// cacheName is our member's name in Cache-Status.
const cacheName = "Perigee"

// cacheStatus writes the Cache-Status member. hit and fwd exclude each other
// (RFC 9211 §2.2). Every part is a token or a number, so nothing needs quoting.
func (v verdict) cacheStatus() string {
	b := make([]byte, 0, 64)
	b = append(b, cacheName...)
	switch v.outcome {
	case Hit, Stale:
		b = append(b, "; hit; ttl="...)
		b = strconv.AppendInt(b, int64(v.ttl/time.Second), 10)
	case Miss, Collapsed:
		b = append(b, "; fwd=uri-miss"...)
	case Bypass:
		b = append(b, "; fwd=bypass"...)
	}
	if v.fwdStatus != 0 {
		b = append(b, "; fwd-status="...)
		b = strconv.AppendInt(b, int64(v.fwdStatus), 10)
	}
	if v.stored {
		b = append(b, "; stored"...)
	}
	if v.outcome == Collapsed {
		b = append(b, "; collapsed"...)
	}
	if v.detail != "" {
		b = append(b, "; detail="...)
		b = append(b, v.detail...)
	}
	return string(b)
}
