package config

import (
	"errors"
	"log/slog"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/dustin/go-humanize"
	"github.com/prometheus/common/model"
)

// valueParsers read the values of the types that have no UnmarshalText. As there,
// the error is a clause that follows the value.
func valueParsers() map[reflect.Type]env.ParserFunc {
	return map[reflect.Type]env.ParserFunc{
		reflect.TypeFor[url.URL]():       func(text string) (any, error) { return parseURL(text) },
		reflect.TypeFor[time.Duration](): func(text string) (any, error) { return parseDuration(text) },
		reflect.TypeFor[Size]():          func(text string) (any, error) { return parseSize(text) },
		reflect.TypeFor[int]():           func(text string) (any, error) { return parseNumber(text) },
		reflect.TypeFor[bool]():          func(text string) (any, error) { return parseBool(text) },
	}
}

var (
	errDuration = errors.New("is not a duration such as 90s, 1h30m or 7d, up to 292 years")
	errSize     = errors.New("is not a size such as 64kB, 256MiB or 1GB, up to 1024 TiB")
	errNumber   = errors.New("is not a whole number")
	errNoChoice = errors.New("is none of the choices")
	errWindow   = errors.New("is not a number from 10 to 100")
)

// parseDuration reads durations as Prometheus does: whole numbers with the units
// y, w, d, h, m, s and ms, the largest first, where a day has 24 hours.
func parseDuration(text string) (time.Duration, error) {
	d, err := model.ParseDuration(text)
	if err != nil {
		return 0, errDuration
	}
	return time.Duration(d), nil
}

// showDuration writes what parseDuration reads.
func showDuration(d time.Duration) string { return model.Duration(d).String() }

// Size is a number of bytes.
type Size int64

// maxSize is far beyond any memory, and small enough to be exact as a float,
// which is what go-humanize counts in.
const maxSize = 1 << 50

func parseSize(text string) (Size, error) {
	n, err := humanize.ParseBytes(text)
	if err != nil || n > maxSize {
		return 0, errSize
	}
	return Size(n), nil
}

// String writes s exactly, in the largest unit that leaves a whole number: 256MiB,
// 1500MB. (Those of go-humanize round.)
func (s Size) String() string {
	for _, unit := range []struct {
		name  string
		bytes Size
	}{
		{"GiB", humanize.GiByte}, {"GB", humanize.GByte}, {"MiB", humanize.MiByte},
		{"MB", humanize.MByte}, {"KiB", humanize.KiByte}, {"kB", humanize.KByte},
	} {
		if s != 0 && s%unit.bytes == 0 {
			return strconv.FormatInt(int64(s/unit.bytes), 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

func parseNumber(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, errNumber
	}
	return int(n), nil
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "on":
		return true, nil
	case "false", "off":
		return false, nil
	}
	return false, errNoChoice
}

// Switch is a bool that is written as on or off.
type Switch bool

// UnmarshalText takes on, off, true or false, in any case.
func (s *Switch) UnmarshalText(text []byte) error {
	on, err := parseBool(string(text))
	*s = Switch(on)
	return err
}

// String is the form that UnmarshalText reads.
func (s Switch) String() string {
	if s {
		return "on"
	}
	return off
}

// Window is how many elements of a list are fetched at once; 0 is off.
type Window int

// UnmarshalText takes off or a number. A window narrower than upstream's default
// page would cost more than it saves, and 100 elements are the most that upstream
// puts on a page.
func (w *Window) UnmarshalText(text []byte) error {
	if strings.EqualFold(string(text), off) {
		*w = 0
		return nil
	}
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 10 || n > 100 {
		return errWindow
	}
	*w = Window(n)
	return nil
}

// String is the form that UnmarshalText reads.
func (w Window) String() string {
	if w == 0 {
		return off
	}
	return strconv.Itoa(int(w))
}

// Quota is how many requests upstream allows in a sliding period.
type Quota struct {
	// Limit is 0 if upstream is asked for it (auto), and if there is none (Off).
	Limit  int
	Period time.Duration
	// Off means that upstream allows any number.
	Off bool
}

const (
	quotaAuto      = "auto"
	maxQuota       = 1 << 16 // requests; nobody allows more in a period
	maxQuotaPeriod = 31 * 24 * time.Hour
)

var (
	errQuotaForm   = errors.New("is not of the form 15/1h")
	errQuotaLimit  = errors.New("has a number of requests that is not from 1 to 65536")
	errQuotaPeriod = errors.New("has a period that is not from 1s to 31d")
)

// UnmarshalText takes auto, off, or requests/period. The error is a clause that
// follows the value.
func (q *Quota) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case quotaAuto:
		*q = Quota{}
		return nil
	case off:
		*q = Quota{Off: true}
		return nil
	}
	number, span, ok := strings.Cut(string(text), "/")
	if !ok {
		return errQuotaForm
	}
	limit, err := parseNumber(number)
	if err != nil || limit < 1 || limit > maxQuota {
		return errQuotaLimit
	}
	period, err := parseDuration(span)
	if err != nil || period < time.Second || period > maxQuotaPeriod {
		return errQuotaPeriod
	}
	*q = Quota{Limit: limit, Period: period}
	return nil
}

// String is the form that UnmarshalText reads.
func (q Quota) String() string {
	switch {
	case q.Off:
		return off
	case q.Limit == 0:
		return quotaAuto
	}
	return strconv.Itoa(q.Limit) + "/" + showDuration(q.Period)
}

// LogLevel is the lowest level that is logged. It is narrower than slog.Level,
// which reads "info+2" too.
type LogLevel string

// The choices for LogLevel.
const (
	LogDebug LogLevel = "debug"
	LogInfo  LogLevel = "info"
	LogWarn  LogLevel = "warn"
	LogError LogLevel = "error"
)

// Level implements slog.Leveler. What is none of the choices is info.
func (l LogLevel) Level() (level slog.Level) {
	if level.UnmarshalText([]byte(l)) != nil {
		return slog.LevelInfo
	}
	return level
}
