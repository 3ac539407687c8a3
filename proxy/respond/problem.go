package respond

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ProblemType is the media type of problems (RFC 9457).
const ProblemType = "application/problem+json"

// Problem is an answer of the proxy's own that says why there is no other. It is
// an error, so that a stage can return it.
type Problem struct {
	Status     int
	Detail     string        // one sentence for the client
	Reason     string        // the token in Cache-Status
	RetryAfter time.Duration // rounded up to whole seconds; 0: not told
	Header     http.Header   // further fields, such as Allow; nil: none
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// Handling tells refusals for want of quota from everything else.
func (p *Problem) Handling() Handling {
	h := Handling{Outcome: Failed, Detail: p.Reason}
	if p.Status == http.StatusTooManyRequests {
		h.Outcome = Refused
	}
	return h
}

// Body is the document. Its detail member is where Django REST Framework puts its
// message too, so that clients written for LL2 find it.
func (p *Problem) Body() []byte {
	body, err := json.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{"about:blank", http.StatusText(p.Status), p.Status, p.Detail})
	if err != nil {
		panic(err) // strings and a number always marshal
	}
	return append(body, '\n')
}

// describe writes the fields of the answer with p. Problems are never stored, by
// anyone.
func (p *Problem) describe(h http.Header, accept []string) {
	h["Content-Type"] = []string{problemType(accept)}
	h["Cache-Control"] = []string{"no-store"}
	if p.RetryAfter > 0 {
		h["Retry-After"] = []string{Seconds(p.RetryAfter)}
	}
	for name, values := range p.Header {
		h[name] = values
	}
}

// problemType is the media type of a problem for a client. Those that accept plain
// JSON and nothing wider get it called that, so that they read it.
func problemType(accept []string) string {
	all := strings.ToLower(strings.Join(accept, ","))
	plain := strings.Contains(all, "application/json")
	for _, wider := range []string{ProblemType, "application/*", "*/*"} {
		plain = plain && !strings.Contains(all, wider)
	}
	if plain {
		return "application/json"
	}
	return ProblemType
}

// Seconds is d in whole seconds, for Retry-After and its like. It rounds up: a
// client that comes back after them does not come too early. Negative ones are 0.
func Seconds(d time.Duration) string {
	return strconv.FormatInt(int64((max(d, 0)+time.Second-1)/time.Second), 10)
}
