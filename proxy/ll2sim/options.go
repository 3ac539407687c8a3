package ll2sim

import (
	"cmp"
	"net/http"
	"time"
)

// Options say how a Server behaves. The zero Options are those of the public
// service for clients without a key.
type Options struct {
	// Limit is how many requests are allowed in a period. If zero, 15; if
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

// withDefaults returns a copy of o in which nothing is left out that has a default.
func (o Options) withDefaults() Options {
	o.Limit = cmp.Or(o.Limit, 15)
	o.Period = cmp.Or(o.Period, time.Hour)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
