package cachestatus

import "strconv"

// Prepared is a field value that lacks nothing but the time to live. It is made
// once, when an answer is stored or rendered, and then costs every hit one short
// string. It is immutable and may be shared.
type Prepared struct{ text string } // ends in ";ttl="

// Prepare makes the field value of m behind existing, as Append does, whatever
// time to live m has.
func (m Member) Prepare(existing []string) Prepared {
	m.HasTTL = false
	return Prepared{m.Append(existing) + ";ttl="}
}

// Field is the field value with the time to live, in seconds. It equals that of
// Append for the same Member with this TTL.
func (p Prepared) Field(ttl int64) string {
	var b [96]byte // what most need, so that the string is all that is allocated
	return string(p.AppendTo(b[:0], ttl))
}

// AppendTo appends what Field returns to dst.
func (p Prepared) AppendTo(dst []byte, ttl int64) []byte {
	dst = append(dst, p.text...)
	return strconv.AppendInt(dst, clampInteger(ttl), 10)
}
