package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// fault is what upstream does wrong on purpose.
type fault uint8

const (
	noFault      fault = iota
	serverError        // 500, 502 or 503 and a page of HTML
	tooMany            // 429, for a second
	hanging            // no answer until the proxy gives up
	cutHead            // the connection ends before the answer
	cutBody            // the connection ends within the body
	malformed          // half of the body, with a length that fits
	captive            // 200 and the page of a captive portal
	numberFaults       // how many there are
)

func (f fault) String() string {
	return [...]string{"none", "5xx", "429", "hanging", "cut head", "cut body", "malformed", "captive portal"}[f]
}

// faults are those of one upstream. Which request gets which is decided by the seed
// and the order of arrival.
type faults struct {
	rate float64
	not  fault // that does not occur, beside noFault

	mu      sync.Mutex // guards all below
	rng     *rand.Rand
	drawn   [numberFaults]int
	stopped bool
}

// draw returns what happens to the next request, and how long its answer takes.
func (f *faults) draw() (fault, time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	latency := time.Duration(f.rng.ExpFloat64() * float64(4*time.Millisecond))
	if f.rng.IntN(50) == 0 {
		latency += time.Duration(f.rng.IntN(250)) * time.Millisecond
	}
	drawn := noFault
	if f.rng.Float64() < f.rate && !f.stopped {
		drawn = 1 + fault(f.rng.IntN(int(numberFaults)-1))
	}
	if drawn != noFault && drawn == f.not {
		drawn = serverError
	}
	f.drawn[drawn]++
	return drawn, latency
}

// stop has nothing go wrong any more.
func (f *faults) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
}

// early answers with those faults that are no damage to an answer, and reports whether
// it did.
func early(w http.ResponseWriter, r *http.Request, f fault, serial int) bool {
	status, header := 0, w.Header()
	switch f {
	case serverError:
		status = [...]int{500, 502, 503}[serial%3]
	case tooMany:
		status = http.StatusTooManyRequests
		header.Set("Retry-After", "1")
	case captive:
		status = http.StatusOK
		header.Set("Cache-Control", "no-store")
	case hanging:
		pause(r.Context(), time.Minute)
		panic(http.ErrAbortHandler)
	case cutHead:
		panic(http.ErrAbortHandler)
	default:
		return false
	}
	page := fmt.Sprintf("<html><body><h1>%s</h1><!-- serial=%d --></body></html>", f, serial)
	header.Set("Content-Type", "text/html")
	header.Set("Content-Length", fmt.Sprint(len(page)))
	header.Set(serialField, fmt.Sprint(serial))
	w.WriteHeader(status)
	_, _ = w.Write([]byte(page))
	return true
}

// serialField is where upstream writes the serial number of an exchange, if not in the body.
const serialField = "X-Serial"

// cutWriter ends the connection in the middle of the body.
type cutWriter struct {
	http.ResponseWriter
	left  int
	spare func() // is called where there is no body to cut
}

func (c *cutWriter) WriteHeader(status int) {
	if status == http.StatusNotModified {
		c.spare()
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *cutWriter) Write(b []byte) (int, error) {
	if len(b) > c.left {
		_, _ = c.ResponseWriter.Write(b[:c.left])
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(b)
	return c.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (c *cutWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
