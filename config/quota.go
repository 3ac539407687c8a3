package config

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Quota is how many requests upstream allows in a sliding period.
type Quota struct {
	// Limit is 0 if it is upstream's to say (auto), and if there is none (Off).
	Limit  int
	Period time.Duration
	// Off tells that upstream allows any number.
	Off bool
}

const (
	quotaAuto = "auto"
	quotaOff  = "off"
	maxQuota  = 65_536 // requests; nobody allows more in a period
)

const (
	minQuotaPeriod = Duration(time.Second)
	maxQuotaPeriod = Duration(31 * day)
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
	case quotaOff:
		*q = Quota{Off: true}
		return nil
	}
	limit, period, ok := strings.Cut(string(text), "/")
	if !ok {
		return errQuotaForm
	}
	n, err := strconv.Atoi(limit)
	if err != nil || n < 1 || n > maxQuota {
		return errQuotaLimit
	}
	d, err := ParseDuration(period)
	if err != nil || d < minQuotaPeriod || d > maxQuotaPeriod {
		return errQuotaPeriod
	}
	*q = Quota{Limit: n, Period: time.Duration(d)}
	return nil
}

// String is the form that UnmarshalText reads.
func (q Quota) String() string {
	switch {
	case q.Off:
		return quotaOff
	case q.Limit == 0:
		return quotaAuto
	}
	return strconv.Itoa(q.Limit) + "/" + Duration(q.Period).String()
}
