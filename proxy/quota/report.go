package quota

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
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
	if err != nil {
		return Report{}, fmt.Errorf("throttle report: %w", err)
	}
	r, err := fields.report()
	if err != nil {
		return Report{}, fmt.Errorf("throttle report: %w", err)
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

// report reads the four fields and checks them.
func (f fields) report() (Report, error) {
	limit, err := f.required("your_request_limit", maxRequests)
	if err != nil {
		return Report{}, err
	}
	period, err := f.required("limit_frequency_secs", maxPeriod.Seconds())
	if err != nil {
		return Report{}, err
	}
	if period < 1 {
		return Report{}, errors.New("limit_frequency_secs: less than one second")
	}
	used, err := f.required("current_use", maxRequests)
	if err != nil {
		return Report{}, err
	}
	next, there, err := f.number("next_use_secs", maxPeriod.Seconds())
	if err != nil {
		return Report{}, err
	}
	r := Report{Limit: int(limit), Period: duration(period), Used: int(math.Ceil(used))}
	switch {
	case there:
		r.Next = duration(max(next, 0))
	case r.Used >= r.Limit:
		r.Next = r.Period
	}
	return r, nil
}

// required reads a number that must be there and must not be negative.
func (f fields) required(name string, limit float64) (float64, error) {
	n, there, err := f.number(name, limit)
	switch {
	case err != nil:
		return 0, err
	case !there:
		return 0, fmt.Errorf("%s: missing", name)
	case n < 0:
		return 0, fmt.Errorf("%s: negative", name)
	}
	return n, nil
}

// number reads one field, at most limit in size. there is false if it is missing
// or null.
func (f fields) number(name string, limit float64) (n float64, there bool, err error) {
	raw, ok := f[name]
	if !ok || string(raw) == "null" {
		return 0, false, nil
	}
	if raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return 0, false, fmt.Errorf("%s: not a number", name)
		}
		raw = bytes.TrimSpace([]byte(text))
	}
	// What a string holds must be a number as JSON writes it: decoding it once more
	// refuses what strconv takes beyond that (NaN, Inf, hexadecimal). A null in a
	// string decodes without an error too, hence the pointer.
	var value *float64
	if err := json.Unmarshal(raw, &value); err != nil || value == nil {
		return 0, false, fmt.Errorf("%s: not a number", name)
	}
	if math.Abs(*value) > limit {
		return 0, false, fmt.Errorf("%s: out of range", name)
	}
	return *value, true, nil
}

// duration turns seconds into a Duration. seconds is within maxPeriod.
func duration(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds * float64(time.Second)))
}
