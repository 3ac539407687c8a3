// Package respond is the HTTP edge of both profiles: everything about an answer
// that does not depend on where it comes from.
//
// An Exchange is one request under way. It writes the answer, an entry's or a
// Problem, and keeps the record that the access log and the metrics derive from.
// A Handling is how the request was handled, for the record and for Cache-Status
// (RFC 9211). Select decides which part of a representation a request gets
// (RFC 9110 §13 and §14). A Forwarder sends a request upstream through
// httputil.ReverseProxy. No caching decision is made here.
package respond

import "time"

// Outcome tells how a request was answered. It is a closed set, the same in the
// Cache-Status field, in the access record and in the metrics.
type Outcome string

// The outcomes.
const (
	Hit       Outcome = "hit"       // a fresh entry
	Stale     Outcome = "stale"     // an entry past its freshness
	Collapsed Outcome = "collapsed" // waited for a fetch that another request caused
	Miss      Outcome = "miss"      // caused a fetch, or a validation
	Bypass    Outcome = "bypass"    // passed through, not cacheable
	Local     Outcome = "local"     // answered by the proxy itself: preflights, the throttle report
	Refused   Outcome = "refused"   // no quota, or upstream throttles, and nothing cached
	Failed    Outcome = "error"     // upstream failed and nothing cached, or a bad request
)

// Outcomes lists them all, for those who must know the set beforehand.
func Outcomes() []Outcome {
	return []Outcome{Hit, Stale, Collapsed, Miss, Bypass, Local, Refused, Failed}
}

// Fwd is why a request was forwarded towards the origin: the values of fwd that
// RFC 9211 §2.2 defines. The zero value says that it was not.
type Fwd uint8

// The reasons.
const (
	NotForwarded Fwd = iota
	FwdBypass        // the cache was set not to handle the request
	FwdMethod        // the method had to be forwarded
	FwdURIMiss       // nothing was cached for the URI
	FwdVaryMiss      // something was cached for the URI, but not for these request fields
	FwdMiss          // nothing was cached; which of the two is not told apart
	FwdRequest       // cached and fresh, but the request's directives did not allow it
	FwdStale         // cached but stale
	FwdPartial       // only part of what was asked for was cached
	endOfFwd
)

// String is the token of RFC 9211, empty if the request was not forwarded.
func (f Fwd) String() string {
	if f >= endOfFwd {
		return ""
	}
	return [...]string{"", "bypass", "method", "uri-miss", "vary-miss", "miss", "request", "stale", "partial"}[f]
}

// Handling is how one request was handled, with what Cache-Status says beyond the
// outcome itself.
type Handling struct {
	Outcome   Outcome
	Detail    string        // a token; empty: nothing to add
	TTL       time.Duration // of the entry that answered; negative when stale
	Fwd       Fwd           // why upstream was asked
	FwdStatus int           // what upstream answered; 0: it was not asked, or it is not told
	Stored    bool          // whether that answer was stored
}

// Member is what Cache-Status says of it. The key stands for the cache key; if
// empty, none is told.
func (h Handling) Member(key string) Member {
	m := Member{
		Fwd: h.Fwd, FwdStatus: h.FwdStatus, Stored: h.Stored, Collapsed: h.Outcome == Collapsed,
		Key: key, Detail: h.Detail,
	}
	switch h.Outcome {
	case Hit, Stale:
		m.Hit, m.HasTTL, m.TTL = true, true, wholeSeconds(h.TTL)
	case Bypass:
		if m.Fwd == NotForwarded {
			m.Fwd = FwdBypass
		}
	}
	return m
}

// wholeSeconds rounds a remaining freshness down, so that what is stale by half a
// second does not seem to be fresh still.
func wholeSeconds(d time.Duration) int64 {
	s := int64(d / time.Second)
	if d%time.Second < 0 {
		s--
	}
	return s
}
