package proxy

import (
	"sync"

	"perigee/proxy/ll2"
)

// Bounds of the resolver's memory.
const (
	maxMeanings    = 4096
	maxMemorable   = 512 // bytes of a target and its Accept; longer ones are resolved each time
	noAcceptHeader = "\x00"
)

// meaning is what a request asks for, and from which windows that can be cut.
type meaning struct {
	resource ll2.Resource
	windows  *windowPlan // nil: it is asked for as it is
}

// resolver remembers what requests mean. The meaning of a request depends on
// nothing but its own text, and apps ask the same few texts over and over, so
// most requests are resolved by one look into a map.
type resolver struct {
	options ll2.Options
	widths  widths

	mu       sync.RWMutex // guards meanings
	meanings map[spelling]*meaning
}

// spelling is all of a request that its meaning depends on.
type spelling struct{ target, accept string }

func newResolver(o ll2.Options, w widths) *resolver {
	return &resolver{options: o, widths: w, meanings: make(map[spelling]*meaning)}
}

// resolve returns what a request means. It is shared: callers only read it. target
// is the request target as it was sent.
func (rs *resolver) resolve(target string, req ll2.Request) (*meaning, error) {
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
		return nil, err
	}
	m := &meaning{resource: res, windows: planWindows(&res, rs.widths)}
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
