package cachestatus

import (
	"strings"

	"github.com/dunglas/httpsfv"
)

// maxInteger is the largest Integer of a structured field (RFC 9651 §3.3.1).
const maxInteger = 999_999_999_999_999

// String is the member alone, as a field value.
func (m Member) String() string {
	text, err := httpsfv.Marshal(httpsfv.List{m.item()})
	if err != nil {
		// Every parameter was made valid, so this is not reached; the name alone is
		// a valid member that claims nothing.
		return Name
	}
	return text
}

// Append is the field value with m behind existing, the lines of the field that
// caches nearer the origin wrote: the last member is that of the cache nearest
// to the client (RFC 9211 §2). Their text is kept as it is, unless it is no
// structured list: nobody could read ours behind it, so it falls out.
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
	item := httpsfv.NewItem(httpsfv.Token(Name))
	switch {
	case m.How == Hit:
		item.Params.Add("hit", true)
	case m.How.Forwarded():
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
	params.Add("fwd", httpsfv.Token(m.How.String()))
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
