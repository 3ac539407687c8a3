// Package cachestatus writes and reads the Cache-Status field (RFC 9211): what
// each cache between the origin and the client did with a request.
//
// Text comes from the structured-fields library. A Prepared holds it for answers
// that differ by nothing but their time to live, as hits on one entry do.
package cachestatus

import "time"

// Name is that of our member in the field.
const Name = "Perigee"

// How tells whether a request was answered from the cache, or that it went on
// towards the origin, and why. It is one field of Member, not two, so that hit
// and fwd exclude each other, as RFC 9211 §2.2 demands, by construction.
type How uint8

// How a request was handled. All but Unsaid and Hit are the values of fwd that
// RFC 9211 §2.2 defines.
const (
	Unsaid   How = iota // neither: answered without the cache, for example refused
	Hit                 // from the cache
	Bypass              // the cache was set not to handle the request
	Method              // the method had to be forwarded
	URIMiss             // nothing was held for the URI
	VaryMiss            // something was held for the URI, but not for these request fields
	Miss                // nothing was held; which of the two is not told apart
	Request             // held and fresh, but the request's directives did not allow it
	Stale               // held but stale
	Partial             // only part of what was asked for was held
	endOfHow
)

// String is the token of RFC 9211, "hit" or the value of fwd, empty if Unsaid.
func (h How) String() string {
	if h >= endOfHow {
		return ""
	}
	return [...]string{
		"", "hit", "bypass", "method", "uri-miss", "vary-miss", "miss", "request", "stale", "partial",
	}[h]
}

// Forwarded reports whether h is a value of fwd.
func (h How) Forwarded() bool { return h > Hit && h < endOfHow }

// Member is what one cache says of a request. It is a plain value.
type Member struct {
	How How
	// FwdStatus is the status the next hop answered with, Stored whether that
	// answer was stored, Collapsed whether the request shared another's answer.
	// They speak of forwarding, so they are left out unless How is a value of fwd;
	// a FwdStatus that is not from 100 to 999 always is. §2.3, §2.5, §2.6.
	FwdStatus         int
	Stored, Collapsed bool
	// TTL is the remaining freshness in seconds, negative when stale (§2.4). It is
	// left out unless HasTTL is set. See Seconds.
	TTL    int64
	HasTTL bool
	// Key stands for the cache key (§2.7). If empty, it is left out. Bytes that are
	// not printable ASCII are percent-encoded.
	Key string
	// Detail is anything else there is to say (§2.8): written as a token if it is
	// one, else as a string, encoded like Key. If empty, it is left out.
	Detail string
}

// Seconds rounds a remaining freshness down, so that what is stale by half a
// second does not seem to be fresh still.
func Seconds(d time.Duration) int64 {
	s := int64(d / time.Second)
	if d%time.Second < 0 {
		s--
	}
	return s
}
