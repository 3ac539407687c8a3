package quota

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// MaxReportBytes is the largest throttle report that ParseReport reads. A real
// one takes about a hundred bytes.
const MaxReportBytes = 64 << 10

// Bounds beyond which a number in a report is a mistake and not a fact. They also
// keep every conversion to int and time.Duration exact.
const (
	maxRequests = 1e9
	maxPeriod   = 31 * 24 * time.Hour
)

// Report is what upstream tells of its throttle, at the moment it answered. Who
// it was told to (the field ident) is deliberately not kept: for a caller with a
// key, that is the key.
type Report struct {
	// Limit is how many requests upstream grants in one Period. Zero is what an
	// upstream tells that grants nothing, or that does not throttle at all.
	Limit int
	// Period is the length of the sliding window, at least one second.
	Period time.Duration
	// Used is how many requests lie in the window now. It can exceed Limit.
	Used int
	// Next is how long until a slot frees; never negative, zero if one is free.
	Next time.Duration
}

// ParseReport reads what /api-throttle/ answered: a JSON object, or an array that
// holds exactly one. Numbers may be whole, fractional, or written as strings; a
// field that is null counts as missing. What is unclear is read so that nobody
// spends more than upstream meant:
//   - your_request_limit and limit_frequency_secs must be there; a fractional
//     limit is rounded down;
//   - current_use must be there too, since zero would be a guess in the wrong
//     direction; a fractional one is rounded up;
//   - next_use_secs may be missing: then it is zero while Used < Limit, else one
//     whole Period. A negative one is zero: the slot is free already.
//
// Every other negative number, and any beyond reason, is an error. Errors never
// repeat anything of body.
func ParseReport(body []byte) (Report, error) {
	fields, err := reportFields(body)
	read := reader{fields: fields, err: err}
	r := Report{
		Limit:  int(read.required("your_request_limit", maxRequests)),
		Period: duration(read.required("limit_frequency_secs", maxPeriod.Seconds())),
	}
	if read.err == nil && r.Period < time.Second {
		read.err = errors.New("limit_frequency_secs: less than one second")
	}
	r.Used = int(math.Ceil(read.required("current_use", maxRequests)))
	next, there := read.number("next_use_secs", maxPeriod.Seconds())
	switch {
	case read.err != nil:
		return Report{}, fmt.Errorf("throttle report: %w", read.err)
	case there:
		r.Next = duration(max(next, 0))
	case r.Used >= r.Limit:
		r.Next = r.Period
	}
	return r, nil
}

// fields are the members of the report, by their exact names: decoding into a
// struct would also take "IDENT" for "ident".
type fields map[string]json.RawMessage

// reportFields finds the report's object. The decoder's own errors are not
// wrapped, because they quote what they choke on.
func reportFields(body []byte) (fields, error) {
	if len(body) > MaxReportBytes {
		return nil, fmt.Errorf("longer than %d bytes", MaxReportBytes)
	}
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return nil, errors.New("empty")
	case body[0] == '<':
		return nil, errors.New("an HTML page instead of JSON")
	case !json.Valid(body):
		return nil, errors.New("not valid JSON")
	case body[0] == '[':
		var list []json.RawMessage
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, errors.New("not a JSON array")
		}
		if len(list) != 1 {
			return nil, fmt.Errorf("an array of %d elements, want 1", len(list))
		}
		body = list[0]
	}
	var f fields
	if err := json.Unmarshal(body, &f); err != nil || f == nil {
		return nil, errors.New("not a JSON object")
	}
	return f, nil
}

// reader reads numbers up to the first that is not as it must be.
type reader struct {
	fields fields
	err    error
}

// required reads a number that must be there and must not be negative.
func (r *reader) required(name string, most float64) float64 {
	n, there := r.number(name, most)
	switch {
	case r.err != nil:
	case !there:
		r.err = fmt.Errorf("%s: missing", name)
	case n < 0:
		r.err = fmt.Errorf("%s: negative", name)
	}
	return n
}

// number reads one field, at most so large. there is false if it is missing or
// null.
func (r *reader) number(name string, most float64) (n float64, there bool) {
	raw, ok := r.fields[name]
	if r.err != nil || !ok || string(raw) == "null" {
		return 0, false
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		raw = []byte(strings.TrimSpace(text))
	}
	// What a string holds must be a number as JSON writes it: decoding it once more
	// refuses what strconv takes beyond that (NaN, Inf, hexadecimal). A null in a
	// string decodes without an error too, hence the pointer.
	var value *float64
	switch err := json.Unmarshal(raw, &value); {
	case err != nil || value == nil:
		r.err = fmt.Errorf("%s: not a number", name)
	case math.Abs(*value) > most:
		r.err = fmt.Errorf("%s: out of range", name)
	default:
		return *value, true
	}
	return 0, false
}

// duration turns seconds into a Duration. seconds is within maxPeriod.
func duration(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * float64(time.Second)))
}
