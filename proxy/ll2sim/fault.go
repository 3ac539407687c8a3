package ll2sim

import (
	"cmp"
	"maps"
	"net/http"
	"time"

	"perigee/proxy/ll2sim/drf"
)

// Fault is what goes wrong with one request. The zero Fault is that nothing does.
type Fault struct {
	Kind FaultKind
	// RetryAfter is what TooMany asks for. If zero, a minute.
	RetryAfter time.Duration
	// Header replaces these fields of the answer, whatever the Kind: what a server
	// in front adds, such as Cache-Control, Set-Cookie or Vary.
	Header http.Header
}

// FaultKind is a closed set.
type FaultKind uint8

// What can go wrong. BadGateway and TooMany are sent by a server in front, so
// they are not billed; the others are, like any request. ServerError, BrokenJSON,
// LostShape and HTMLPage replace only answers of 200.
const (
	NoFault     FaultKind = iota
	ServerError           // 500 and an HTML page
	BadGateway            // 502 and an HTML page
	TooMany               // 429, though nothing is used up
	Dropped               // the connection ends before the answer begins
	Truncated             // the connection ends in the middle of the body
	BrokenJSON            // half of the body, with a length that fits
	LostShape             // of a list only the array of results
	HTMLPage              // 200 and an HTML page where JSON is due
)

// early returns the answer of the server in front, if it has one.
func (f Fault) early() (response, bool) {
	switch f.Kind {
	case BadGateway:
		return newResponse(http.StatusBadGateway, "text/html", errorPage("502 Bad Gateway", "")), true
	case TooMany:
		refusal := drf.Throttled(cmp.Or(f.RetryAfter, time.Minute))
		answer := newResponse(refusal.Status, "application/json", drf.RenderJSON(refusal.Body, 0, nil))
		maps.Copy(answer.header, refusal.Header)
		return answer, true
	default:
		return response{}, false
	}
}

// late replaces or damages an answer that was ready to be sent.
func (f Fault) late(answer response) response {
	if answer.status != http.StatusOK {
		return answer
	}
	switch f.Kind {
	case ServerError:
		return newResponse(http.StatusInternalServerError, "text/html", errorPage("Server Error (500)", ""))
	case BrokenJSON:
		answer.body = answer.body[:len(answer.body)/2]
	case HTMLPage:
		return newResponse(http.StatusOK, "text/html; charset=utf-8", errorPage("Down for maintenance", "Back soon."))
	}
	return answer
}

// data damages a body before it is rendered.
func (f Fault) data(body any) any {
	envelope, _ := body.(drf.Object)
	if results, ok := envelope.Get("results"); ok && f.Kind == LostShape {
		return results
	}
	return body
}

// write sends an answer, or what is left of it.
func (f Fault) write(w http.ResponseWriter, r *http.Request, answer response) {
	if f.Kind == Dropped {
		panic(http.ErrAbortHandler)
	}
	for name, values := range f.Header {
		answer.header[http.CanonicalHeaderKey(name)] = values
	}
	length := len(answer.body)
	if f.Kind == Truncated {
		answer.body = answer.body[:length/2] // net/http ends the connection of a body that is too short
	}
	answer.write(w, r, length)
}
