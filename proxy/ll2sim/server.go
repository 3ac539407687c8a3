package ll2sim

import (
	"maps"
	"net/http"
	"sync"
	"time"
)

// Options say how a Server behaves. The zero Options are those of the public
// service for clients without a key.
type Options struct {
	// Limit is how many requests are let through a period. If zero, 15; if
	// negative, any number.
	Limit int
	// Period is how long a request counts. If zero, an hour.
	Period time.Duration
	// Now is the clock. If nil, time.Now. The invented launches and events lie
	// around the moment of New.
	Now func() time.Time
	// Latency says how long a request takes before anything is done with it; the
	// throttle stamps it only afterwards. A client that leaves ends the wait, not
	// the request: it is billed, as by a real server, which does not notice. If
	// nil, no time.
	Latency func() time.Duration
	// Fault says what goes wrong with a request. It may be called concurrently.
	// If nil, nothing does.
	Fault func(*http.Request) Fault
	// BaseURL begins the links in bodies, such as https://ll.thespacedevs.com. If
	// empty, it is the Host of the request.
	BaseURL string
	// HTTPS makes the links begin with https where BaseURL is empty.
	HTTPS bool
	// Key is the one API key there is: `Authorization: Token KEY` is counted apart,
	// and is refused with any other key. If empty, Authorization is ignored.
	Key string
	// GetOnly refuses HEAD and OPTIONS with 405. The API's own pages show
	// `Allow: GET`, while the framework by itself allows all three.
	GetOnly bool
}

// Server is the simulator. It is safe for concurrent use.
type Server struct {
	options  Options
	throttle *throttle
	data     *store

	mu     sync.Mutex
	counts Counts // guarded by mu
}

// Counts are the requests a Server has seen.
type Counts struct {
	Total     int            // all of them
	Billed    int            // let through by the throttle
	Throttled int            // refused with 429, by the throttle or a Fault
	ByPath    map[string]int // all of them, by path as sent and unescaped
}

// New returns a Server whose throttle is unused.
func New(o Options) *Server {
	if o.Limit == 0 {
		o.Limit = 15
	}
	if o.Period == 0 {
		o.Period = time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Server{
		options:  o,
		throttle: newThrottle(o.Limit, o.Period, o.Now),
		data:     newStore(o.Now()),
		counts:   Counts{ByPath: map[string]int{}},
	}
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
	answer := s.answer(r, fault)
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
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.counts
	counts.ByPath = maps.Clone(counts.ByPath)
	return counts
}

// Throttled returns how many requests were answered 429.
func (s *Server) Throttled() int { return s.Requests().Throttled }

// Report returns what an identity may still ask: the API key, or for clients
// without one their IP address.
func (s *Server) Report(ident string) Report {
	return s.throttle.report(ident)
}

// Hide makes the lists of a kind answer as if the first n elements, in their
// default order, were gone; every page after them moves. The name is the list's
// path without version and slashes, such as spacecraft or launches.
func (s *Server) Hide(list string, n int) { s.data.hide(list, n) }
