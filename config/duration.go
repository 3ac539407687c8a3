package config

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// Duration is a time span that people write: as in Go, and with days and weeks
// of 24 hours a day (7d, 1w, 1d12h). It is never negative when parsed.
type Duration time.Duration

var (
	errDurationEmpty    = errors.New("is empty")
	errDurationNoUnit   = errors.New("has a number without a unit (ms, s, m, h, d or w)")
	errDurationTooLong  = errors.New("is longer than 292 years")
	errDurationNegative = errors.New("is negative")
)

// ParseDuration reads a sequence of numbers, each with a unit: ns, us (or µs),
// ms, s, m, h, d, w. Zero needs no unit. The error says what is wrong in a
// clause that follows the value.
func ParseDuration(text string) (Duration, error) {
	switch {
	case text == "":
		return 0, errDurationEmpty
	case text == "0":
		return 0, nil
	case text[0] == '-':
		return 0, errDurationNegative
	}
	var sum time.Duration
	for rest := text; rest != ""; {
		number, unit, after := cutPart(rest)
		part, err := parsePart(number, unit)
		if err != nil {
			return 0, err
		}
		if sum > math.MaxInt64-part {
			return 0, errDurationTooLong
		}
		sum += part
		rest = after
	}
	return Duration(sum), nil
}

// cutPart takes the first number and its unit off text.
func cutPart(text string) (number, unit, rest string) {
	const digits = "0123456789."
	number = text[:len(text)-len(strings.TrimLeft(text, digits))]
	rest = text[len(number):]
	end := strings.IndexAny(rest, digits)
	if end < 0 {
		end = len(rest)
	}
	return number, rest[:end], rest[end:]
}

// parsePart reads one number with its unit. Go's own parser reads what it
// knows; days and weeks are read as hours and multiplied.
func parsePart(number, unit string) (time.Duration, error) {
	factor := time.Duration(1)
	goUnit := unit
	switch unit {
	case "":
		return 0, errDurationNoUnit
	case "ns", "us", "µs", "μs", "ms", "s", "m", "h":
	case "d":
		factor, goUnit = day/time.Hour, "h"
	case "w":
		factor, goUnit = week/time.Hour, "h"
	default:
		return 0, fmt.Errorf("has no number and unit at %q", number+unit)
	}
	if strings.Trim(number, ".") == "" || strings.Count(number, ".") > 1 {
		return 0, fmt.Errorf("has no number and unit at %q", number+unit)
	}
	part, err := time.ParseDuration(number + goUnit)
	if err != nil || part > math.MaxInt64/factor {
		return 0, errDurationTooLong
	}
	return part * factor, nil
}

// String writes d so that ParseDuration reads it back: days first, then as Go
// does but for parts that are zero (7d, 1d12h, 1h30m, 1.5s).
func (d Duration) String() string {
	std := time.Duration(d)
	if std < 0 {
		return std.String()
	}
	days := ""
	if n := std / day; n > 0 {
		days = fmt.Sprintf("%dd", n)
		std %= day
		if std == 0 {
			return days
		}
	}
	text := std.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return days + text
}

// MarshalText writes what String does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDuration does.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDuration(string(text))
	return err
}
