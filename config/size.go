package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes that people write: 256MiB, 32MB, 65536.
type Size int64

// Bytes in each unit.
const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
	kb  = 1_000
	mb  = 1_000_000
	gb  = 1_000_000_000
)

type sizeUnit struct {
	name  string
	bytes int64
}

// sizeUnits lists the units that a Size is written in, the largest first: String
// takes the first that leaves a whole number.
func sizeUnits() []sizeUnit {
	return []sizeUnit{{"GiB", gib}, {"GB", gb}, {"MiB", mib}, {"MB", mb}, {"KiB", kib}, {"kB", kb}, {"B", 1}}
}

var (
	errSizeNoNumber = errors.New("does not begin with a whole number")
	errSizeTooLarge = errors.New("is larger than any memory")
)

// ParseSize reads a whole number of bytes, or of one of the units B, kB, MB, GB
// (powers of 1000), KiB, MiB, GiB (powers of 1024), which may stand after a
// space. The error says what is wrong in a clause that follows the value.
func ParseSize(text string) (Size, error) {
	rest := strings.TrimLeft(text, "0123456789")
	digits, unit := text[:len(text)-len(rest)], strings.TrimLeft(rest, " ")
	if digits == "" {
		return 0, errSizeNoNumber
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil { // digits alone can only be out of range
		return 0, errSizeTooLarge
	}
	if unit == "" {
		return Size(n), nil
	}
	for _, u := range sizeUnits() {
		if unit != u.name {
			continue
		}
		if n > math.MaxInt64/u.bytes {
			return 0, errSizeTooLarge
		}
		return Size(n * u.bytes), nil
	}
	return 0, fmt.Errorf("has the unit %q, which is none of B, kB, MB, GB, KiB, MiB, GiB", unit)
}

// String writes s so that ParseSize reads it back, in the largest unit that
// leaves a whole number.
func (s Size) String() string {
	for _, u := range sizeUnits() {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return "0B"
}

// MarshalText writes what String does.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what ParseSize does.
func (s *Size) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSize(string(text))
	return err
}
