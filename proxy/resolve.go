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

// resolver remembers what requests mean. The meaning of a request depends on
// nothing but its own text, and apps ask the same few texts over and over, so
// most requests are resolved by one look into a map.
type resolver struct {
	options ll2.Options

	mu       sync.RWMutex // guards meanings
	meanings map[spelling]*ll2.Resource
}

// spelling is all of a request that its meaning depends on.
type spelling struct{ target, accept string }

func newResolver(o ll2.Options) *resolver {
	return &resolver{options: o, meanings: make(map[spelling]*ll2.Resource)}
}

// resolve returns the resource that a request asks for. It is shared: callers
// only read it. target is the request target as it was sent.
func (rs *resolver) resolve(target string, req ll2.Request) (*ll2.Resource, error) {
	s, memorable := spell(target, req.Accept)
	if memorable {
		rs.mu.RLock()
		res := rs.meanings[s]
		rs.mu.RUnlock()
		if res != nil {
			return res, nil
		}
	}
	res, err := ll2.Resolve(req, rs.options)
	if err != nil {
		return nil, err
	}
	if memorable {
		rs.remember(s, &res)
	}
	return &res, nil
}

// remember forgets everything once the map is full: a flood of spellings costs
// the others one more resolution each and no bookkeeping on every request.
func (rs *resolver) remember(s spelling, res *ll2.Resource) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if len(rs.meanings) >= maxMeanings {
		clear(rs.meanings)
	}
	rs.meanings[s] = res
}

func spell(target string, accept []string) (s spelling, memorable bool) {
	s = spelling{target: target, accept: noAcceptHeader}
	if len(accept) == 1 {
		s.accept = accept[0]
	}
	return s, len(accept) <= 1 && len(s.target)+len(s.accept) <= maxMemorable
}
