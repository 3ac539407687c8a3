// Package problem writes what the proxy says when it has no other answer
// (RFC 9457).
package problem

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// MediaType is that of Body.
const MediaType = "application/problem+json"

// Body is the document for a status. Its detail member is where Django REST
// Framework puts its message too, so that clients written for LL2 find it.
func Body(status int, detail string) []byte {
	body, err := json.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{"about:blank", http.StatusText(status), status, detail})
	if err != nil {
		panic(err) // strings and a number always marshal
	}
	return append(body, '\n')
}

// Seconds is d in whole seconds, for Retry-After and its like. It rounds up: a
// client that comes back after them does not come too early. Negative ones are 0.
func Seconds(d time.Duration) string {
	return strconv.FormatInt(int64((max(d, 0)+time.Second-1)/time.Second), 10)
}
