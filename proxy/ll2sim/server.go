package ll2sim

import (
	"maps"
	"net/http"
	"sync"
	"time"

	"perigee/proxy/ll2sim/drf"
)

// Server is the simulator. It is safe for concurrent use.
type Server struct {
	options Options
	site    *site

	mu     sync.Mutex
	counts Counts // guarded by mu; less Billed
}

// Counts are the requests a Server has seen.
type Counts struct {
	Total     int            // all of them
	Billed    int            // allowed by the throttle
	Throttled int            // refused with 429, by the throttle or a Fault
	ByPath    map[string]int // all of them, by path as sent and unescaped
}

// New returns a Server whose throttle is unused.
func New(o Options) *Server {
	o = o.withDefaults()
	return &Server{options: o, site: newSite(o), counts: Counts{ByPath: map[string]int{}}}
}

// ServeHTTP answers as the API would. For Fault kind Dropped it panics with
// http.ErrAbortHandler, as net/http wants it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.count(func(c *Counts) { c.Total++; c.ByPath[r.URL.Path]++ })
	var fault Fault
	if s.options.Fault != nil {
		fault = s.options.Fault(r)
	}
	if s.options.Latency != nil {
		wait(r, s.options.Latency())
	}
	answer := s.site.answer(r, fault)
	if answer.status == http.StatusTooManyRequests {
		s.count(func(c *Counts) { c.Throttled++ })
	}
	if r.Header.Get("Origin") != "" {
		answer.header.Set("Access-Control-Allow-Origin", "*")
	}
	answer.header.Set("Date", s.options.Now().UTC().Format(http.TimeFormat))
	fault.write(w, r, answer)
}

// wait returns after d, or when the client leaves.
func wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

func (s *Server) count(add func(*Counts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	add(&s.counts)
}

// Requests returns what the Server has seen so far.
func (s *Server) Requests() Counts {
	billed := s.site.throttle.Allowed()
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.counts
	counts.Billed, counts.ByPath = billed, maps.Clone(counts.ByPath)
	return counts
}

// Throttled returns how many requests were answered 429.
func (s *Server) Throttled() int { return s.Requests().Throttled }

// Report returns what an identity may still ask: the API key, or for clients
// without one their IP address.
func (s *Server) Report(ident string) drf.Report { return s.site.throttle.Report(ident) }

// Hide makes the lists of a kind answer as if the first n elements, in their
// default order, were gone; every page after them moves. The name is the list's
// path without version and slashes, such as spacecraft or launches.
func (s *Server) Hide(list string, n int) { s.site.data.Hide(list, n) }
