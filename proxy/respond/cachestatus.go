package respond

import (
	"strconv"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"
)

// cacheName is that of our member in Cache-Status.
const cacheName = "Perigee"

// maxInteger is the largest Integer of a structured field (RFC 9651 §3.3.1).
const maxInteger = 999_999_999_999_999

// Member is what one cache says of a request in Cache-Status (RFC 9211): a plain
// value. What the RFC does not allow together is left out.
type Member struct {
	// Hit says that the request was answered from the cache, else Fwd why it was
	// not, else neither: it was answered without the cache, for example refused.
	Hit bool
	Fwd Fwd
	// FwdStatus is the status the next hop answered with, Stored whether that
	// answer was stored, Collapsed whether the request shared another's answer.
	// They speak of forwarding, so they are left out unless Fwd is said; a
	// FwdStatus that is not from 100 to 999 always is. §2.3, §2.5, §2.6.
	FwdStatus         int
	Stored, Collapsed bool
	// TTL is the remaining freshness in seconds, negative when stale (§2.4). It is
	// left out unless HasTTL is set.
	TTL    int64
	HasTTL bool
	// Key stands for the cache key (§2.7). If empty, it is left out. Bytes that are
	// not printable ASCII are percent-encoded.
	Key string
	// Detail is anything else there is to say (§2.8): written as a token if it is
	// one, else as a string, encoded like Key. If empty, it is left out.
	Detail string
}

// String is the member alone, as a field value.
func (m Member) String() string {
	text, err := httpsfv.Marshal(httpsfv.List{m.item()})
	if err != nil {
		// Every parameter was made valid, so this is not reached; the name alone is
		// a valid member that claims nothing.
		return cacheName
	}
	return text
}

// Append is the field value with m behind existing, the lines of the field that
// caches nearer the origin wrote: the last member is that of the cache nearest
// to the client (§2). Their text is kept as it is, unless it is no structured
// list: nobody could read ours behind it, so it falls out.
func (m Member) Append(existing []string) string {
	return nearer(existing) + m.String()
}

// nearer returns the members of other caches with the comma behind them, or
// nothing.
func nearer(existing []string) string {
	var lines []string
	for _, line := range existing {
		if line = strings.Trim(line, " \t"); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return ""
	}
	if _, err := httpsfv.UnmarshalList(lines); err != nil {
		return ""
	}
	return strings.Join(lines, ", ") + ", "
}

// item is the member as the library has it. The time to live comes last, for
// Prepared to add it; the order of parameters has no meaning.
func (m Member) item() httpsfv.Item {
	item := httpsfv.NewItem(httpsfv.Token(cacheName))
	switch {
	case m.Hit:
		item.Params.Add("hit", true)
	case m.Fwd.String() != "":
		m.addForwarding(item.Params)
	}
	if m.Key != "" {
		item.Params.Add("key", printable(m.Key))
	}
	if m.Detail != "" {
		item.Params.Add("detail", tokenOrString(m.Detail))
	}
	if m.HasTTL {
		item.Params.Add("ttl", clampInteger(m.TTL))
	}
	return item
}

func (m Member) addForwarding(params *httpsfv.Params) {
	params.Add("fwd", httpsfv.Token(m.Fwd.String()))
	if m.FwdStatus >= 100 && m.FwdStatus <= 999 {
		params.Add("fwd-status", m.FwdStatus)
	}
	if m.Stored {
		params.Add("stored", true)
	}
	if m.Collapsed {
		params.Add("collapsed", true)
	}
}

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

// Field is the field value with the time to live. It equals that of Append for
// the same Member with this TTL in whole seconds.
func (p Prepared) Field(ttl time.Duration) string { return p.field(wholeSeconds(ttl)) }

func (p Prepared) field(ttl int64) string {
	var b [96]byte // what most need, so that the string is all that is allocated
	return string(strconv.AppendInt(append(b[:0], p.text...), clampInteger(ttl), 10))
}

// clampInteger brings n within what an Integer can be.
func clampInteger(n int64) int64 { return max(min(n, maxInteger), -maxInteger) }

// tokenOrString returns s as a Token if it is one (RFC 9651 §3.3.4).
func tokenOrString(s string) any {
	if _, err := httpsfv.Marshal(httpsfv.NewItem(httpsfv.Token(s))); err == nil {
		return httpsfv.Token(s)
	}
	return printable(s)
}

// printable percent-encodes the bytes that a String cannot hold (RFC 9651
// §3.3.3). It is for reading, not for decoding: a percent sign stays as it is,
// since keys are URLs and have their own.
func printable(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= ' ' && c <= '~' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
