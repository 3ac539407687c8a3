package drf

import (
	"math/big"
	"strings"
	"time"

	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim/python"
)

// validationError is the message of a form field, as the client sees it.
type validationError string

// Error implements error.
func (e validationError) Error() string { return string(e) }

// The messages of Django's form fields.
const (
	errNumber   validationError = "Enter a number."
	errTooGreat validationError = "Ensure this value is less than or equal to 1e+50."
	errDate     validationError = "Enter a valid date."
	errTime     validationError = "Enter a valid date/time."
	errUUID     validationError = "Enter a valid UUID."
	errNull     validationError = "Null characters are not allowed."
	errNoChoice                 = "Select a valid choice. %s is not one of the available choices."
	errBadValue                 = "“%s” is not a valid value."
)

// parseBool reads a boolean as the widget for it does: nothing is trimmed, and what
// it does not know is no filter.
func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "1", "true":
		return true, true
	case "0", "false":
		return false, true
	default:
		return false, false
	}
}

// parseNumber reads a number as the form field of a NumberFilter does.
func parseNumber(s string) (*big.Rat, error) {
	n, ok := python.Decimal(s)
	switch great, _ := new(big.Rat).SetString("1e50"); {
	case !ok:
		return nil, errNumber
	case n.Cmp(great) > 0:
		return nil, errTooGreat
	default:
		return n, nil
	}
}

// truncate cuts the fraction off, as Django does for a column of integers.
func truncate(n *big.Rat) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Quo(n.Num(), n.Denom()))
}

// cleanInteger returns a number as a column of integers has it.
func cleanInteger(s string) (string, error) {
	n, err := parseNumber(s)
	if err != nil {
		return "", err
	}
	return truncate(n).RatString(), nil
}

// cleanText returns a text as a CharField takes it.
func cleanText(s string) (string, error) {
	if strings.ContainsRune(s, 0) {
		return "", errNull
	}
	return python.Strip(s), nil
}

// cleanUUID reads a UUID as Python's UUID() does, and returns it in lower case with
// hyphens.
func cleanUUID(s string) (string, error) {
	s = strings.NewReplacer("urn:", "", "uuid:", "").Replace(python.Strip(s))
	s = strings.ToLower(strings.ReplaceAll(strings.Trim(s, "{}"), "-", ""))
	if len(s) != 32 {
		return "", errUUID
	}
	s = s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
	if !catalog.IsUUID(s) {
		return "", errUUID
	}
	return s, nil
}

// parseDate reads a date by Django's DATE_INPUT_FORMATS.
func parseDate(s string) (time.Time, error) {
	return parseAny(s, errDate, "2006-1-2", "1/2/2006", "1/2/06")
}

// parseTime reads a time as Django's DateTimeField does: ISO 8601 with or without an
// offset, else by DATETIME_INPUT_FORMATS. Without an offset it is UTC.
func parseTime(s string) (time.Time, error) {
	s = strings.Replace(strings.Replace(s, "T", " ", 1), ",", ".", 1)
	return parseAny(s, errTime,
		"2006-1-2 15:4:5Z07:00", "2006-1-2 15:4:5Z0700", "2006-1-2 15:4:5Z07", "2006-1-2 15:4:5",
		"2006-1-2 15:4Z07:00", "2006-1-2 15:4Z0700", "2006-1-2 15:4Z07", "2006-1-2 15:4",
		"2006-1-2", "1/2/2006 15:4:5", "1/2/2006 15:4", "1/2/2006",
		"1/2/06 15:4:5", "1/2/06 15:4", "1/2/06")
}

func parseAny(s string, failed error, layouts ...string) (time.Time, error) {
	s = python.Strip(s)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, failed
}
