package drf

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Exception is what a view raises to answer with another status than 200: DRF's
// APIException.
type Exception struct {
	Status int
	Header http.Header // beyond what every answer has; may be nil
	Body   Object
}

// Detail returns an exception in DRF's common form.
func Detail(status int, text string) *Exception {
	return &Exception{Status: status, Body: Object{{"detail", text}}}
}

// Throttled returns the exception of that name, which rounds the wait up to seconds.
func Throttled(wait time.Duration) *Exception {
	seconds, unit := int(math.Ceil(wait.Seconds())), "seconds"
	if seconds == 1 {
		unit = "second"
	}
	e := Detail(http.StatusTooManyRequests, fmt.Sprintf("Request was throttled. Expected available in %d %s.", seconds, unit))
	e.Header = http.Header{"Retry-After": {strconv.Itoa(seconds)}}
	return e
}
