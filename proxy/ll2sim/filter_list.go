package ll2sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/proxy/ll2/catalog"
)

// pieces splits a comma list. The empty text is no filter; but the list of
// blanks that a comma alone makes is one, which nothing but blanks can pass.
func (c condition) pieces() []string {
	if c.last() == "" {
		return nil
	}
	return strings.Split(c.last(), ",")
}

// numbers is a comma list of NumberFilter; its blank pieces fall out.
func (c condition) numbers() (test, string) {
	pieces := c.pieces()
	if pieces == nil {
		return nil, ""
	}
	var wanted []string
	for _, piece := range pieces {
		if piece == "" {
			continue
		}
		n, err := cleanNumber(piece)
		if err != "" {
			return nil, err
		}
		wanted = append(wanted, truncated(n).RatString())
	}
	return c.any(func(value any) bool {
		return slices.Contains(wanted, c.field.partOf(value))
	}), ""
}

// partOf returns a value as text, or the part of a date that the field asks for.
func (f field) partOf(value any) string {
	if f.part == "" {
		return asText(value)
	}
	t, ok := asTime(value)
	if !ok {
		return ""
	}
	return strconv.Itoa(map[string]int{"day": t.Day(), "month": int(t.Month()), "year": t.Year()}[f.part])
}

// texts is a comma list of CharFilter; its blank pieces match blank values.
func (c condition) texts() (test, string) {
	pieces := c.pieces()
	if pieces == nil {
		return nil, ""
	}
	for i := range pieces {
		pieces[i] = pyStrip(pieces[i])
		if strings.ContainsRune(pieces[i], 0) {
			return nil, errNull
		}
	}
	return c.any(func(value any) bool { return slices.Contains(pieces, asText(value)) }), ""
}

// uuids is a UUIDFilter or a comma list of them.
func (c condition) uuids() (test, string) {
	pieces := []string{c.last()}
	if c.kind == catalog.UUIDList {
		pieces = c.pieces()
	}
	if c.last() == "" {
		return nil, ""
	}
	var wanted []string
	for _, piece := range pieces {
		if piece = pyStrip(piece); piece == "" {
			continue
		}
		id, ok := pyUUID(piece)
		if !ok {
			return nil, errUUID
		}
		wanted = append(wanted, id)
	}
	if len(wanted) == 0 && c.kind == catalog.UUID {
		return nil, ""
	}
	return c.any(func(value any) bool { return slices.Contains(wanted, asText(value)) }), ""
}

// pyUUID reads a UUID as Python's UUID() does, and returns it in lower case with hyphens.
func pyUUID(s string) (string, bool) {
	s = strings.NewReplacer("urn:", "", "uuid:", "").Replace(s)
	s = strings.ToLower(strings.ReplaceAll(strings.Trim(s, "{}"), "-", ""))
	if len(s) != 32 {
		return "", false
	}
	s = s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
	return s, catalog.IsUUID(s)
}

// choices is a ModelMultipleChoiceFilter: name=1&name=2 means either, and every
// value must be one there is, written as Python writes it: +1 is not 1.
func (c condition) choices() (test, string) {
	var wanted []string
	for _, text := range c.values {
		id, ok := pyInt(text)
		if !ok {
			return nil, fmt.Sprintf(errBadValue, text)
		}
		wanted = append(wanted, id.String())
	}
	for i, id := range wanted {
		is := c.any(func(value any) bool { return asText(value) == id })
		if c.values[i] != id || !slices.ContainsFunc(c.set.rows, is) {
			return nil, fmt.Sprintf(errNoChoice, c.values[i])
		}
	}
	return c.any(func(value any) bool { return slices.Contains(wanted, asText(value)) }), ""
}

// parseDate reads a date by Django's DATE_INPUT_FORMATS.
func parseDate(s string) (time.Time, bool) {
	return parseAny(s, "2006-1-2", "1/2/2006", "1/2/06")
}

// parseTime reads a time as Django's DateTimeField does: ISO 8601 with or
// without an offset, else by DATETIME_INPUT_FORMATS. Without an offset it is UTC.
func parseTime(s string) (time.Time, bool) {
	s = strings.Replace(s, "T", " ", 1)
	return parseAny(strings.Replace(s, ",", ".", 1),
		"2006-1-2 15:4:5Z07:00", "2006-1-2 15:4:5Z0700", "2006-1-2 15:4:5Z07", "2006-1-2 15:4:5",
		"2006-1-2 15:4Z07:00", "2006-1-2 15:4Z0700", "2006-1-2 15:4Z07", "2006-1-2 15:4",
		"2006-1-2", "1/2/2006 15:4:5", "1/2/2006 15:4", "1/2/2006",
		"1/2/06 15:4:5", "1/2/06 15:4", "1/2/06")
}

func parseAny(s string, layouts ...string) (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
