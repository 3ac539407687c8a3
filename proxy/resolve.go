package proxy

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"perigee/cache/rfc9111"
	"perigee/proxy/collection"
	"perigee/proxy/ll2"
	"perigee/proxy/respond"
)

// Bounds of the resolver's memory.
const (
	maxMeanings    = 4096
	maxMemorable   = 512 // bytes of a target and its Accept; longer ones are resolved each time
	noAcceptHeader = "\x00"
)

// resolver finds out what requests mean, and remembers it. The meaning of a request
// depends on nothing but its own text, and apps ask the same few texts over and
// over, so most requests are resolved by one look into a map.
type resolver struct {
	options ll2.Options
	widths  collection.Widths
	// policy tells the freshness interval to whose beginning time bounds are moved;
	// nil: they are not.
	policy *rfc9111.Policy

	mu       sync.RWMutex // guards meanings
	meanings map[spelling]*meaning
}

// meaning is what a request asks for, whenever it is sent.
type meaning struct {
	resource ll2.Resource
	plan     *collection.Plan // nil: it is fetched as it is
}

// spelling is all of a request that its meaning depends on.
type spelling struct{ target, accept string }

func newResolver(o ll2.Options, w collection.Widths, moving *rfc9111.Policy) *resolver {
	return &resolver{options: o, widths: w, policy: moving, meanings: make(map[spelling]*meaning)}
}

// resolve returns what a request asks for now. The error is for the client: it says
// what is wrong with the query.
//
// A request that filters by the time at which it is sent asks for what it would have
// asked for at the beginning of the freshness interval: without this each poll of
// such a client is a resource of its own. The answer is what the client would have
// got at most one interval ago, and says so.
func (rs *resolver) resolve(r *http.Request, now time.Time) (question, error) {
	m, err := rs.meaning(r.RequestURI, wireRequest(r))
	if err != nil {
		return question{}, err
	}
	q := question{resource: &m.resource, plan: m.plan}
	if rs.policy == nil || r.URL.RawQuery == "" {
		return q, nil
	}
	interval := rs.policy.Decide(q.resource.Path, http.StatusOK, nil, now).Lifetime
	if moved, ok := q.resource.Moved(now, interval); ok {
		return question{resource: &moved, plan: collection.NewPlan(&moved, rs.widths), moved: true}, nil
	}
	return q, nil
}

// wireRequest states what the client asked as package ll2 wants to know it. The
// target is taken as it stood on the wire: net/http's own view of it is decoded
// in places.
func wireRequest(r *http.Request) ll2.Request {
	path, query := r.URL.EscapedPath(), r.URL.RawQuery
	if strings.HasPrefix(r.RequestURI, "/") { // not the absolute form
		path, query, _ = strings.Cut(r.RequestURI, "?")
	}
	return ll2.Request{Path: path, Query: query, Accept: r.Header["Accept"]}
}

// meaning returns what a request means. It is shared: callers only read it. target
// is the request target as it was sent.
func (rs *resolver) meaning(target string, req ll2.Request) (*meaning, error) {
	s, memorable := spell(target, req.Accept)
	if memorable {
		rs.mu.RLock()
		known := rs.meanings[s]
		rs.mu.RUnlock()
		if known != nil {
			return known, nil
		}
	}
	res, err := ll2.Resolve(req, rs.options)
	if err != nil {
		return nil, respond.BadRequest("query", err.Error())
	}
	m := &meaning{resource: res, plan: collection.NewPlan(&res, rs.widths)}
	if memorable {
		rs.remember(s, m)
	}
	return m, nil
}

// remember forgets everything once the map is full: a flood of spellings costs
// the others one more resolution each and no bookkeeping on every request.
func (rs *resolver) remember(s spelling, m *meaning) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if len(rs.meanings) >= maxMeanings {
		clear(rs.meanings)
	}
	rs.meanings[s] = m
}

func spell(target string, accept []string) (s spelling, memorable bool) {
	s = spelling{target: target, accept: noAcceptHeader}
	if len(accept) == 1 {
		s.accept = accept[0]
	}
	return s, len(accept) <= 1 && len(s.target)+len(s.accept) <= maxMemorable
}
