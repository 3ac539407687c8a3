package httpcache

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// maxVariants bounds what is told apart by Vary.
const maxVariants = 32

// store keeps responses by what they answer: a target, and the request fields that
// Vary names.
//
// Under the key of a target is its response, if that does not vary. If it does, an
// index is there, an entry without a status, which says what the variants are and
// under which keys they are. A part of a representation has a key of its own.
type store struct {
	tier cache.Tier

	mu     sync.Mutex // guards changes of the tier that depend on what is in it, and the fields below
	epochs map[string]*epoch
	begun  uint64 // epochs, to number them
}

// epoch is the time from one invalidation of a target to the next, as far as
// requests for it are under way. The response to a request that was sent in one
// epoch is not stored in the next: it may be older than the change.
type epoch struct {
	target string
	number uint64 // no other epoch has it
	users  int
	ended  bool
}

// variant is one line of an index.
type variant struct {
	Names []string // the request fields that Vary names
	Value string   // what the request had there, see rfc9111.VaryValue
	Key   cache.Key
}

// found is what is stored for a request.
type found struct {
	entry *cache.Entry // nil: nothing, or only a part
	part  *cache.Entry // the very range that the request asks for; nil: not stored
	why   respond.Fwd  // without an entry: what is missing
}

func newStore(tier cache.Tier) *store { return &store{tier: tier, epochs: make(map[string]*epoch)} }

func baseKey(target string) cache.Key { return "http/1 " + target }

func partKey(target string) cache.Key { return "http/1 part " + target }

// find returns what is stored for a request. Of its fields, sent gives those that
// reach upstream; it is called only where there are variants. A response in a coding
// that the client does not take is another variant, whatever Vary says.
func (s *store) find(target string, r *http.Request, sent func() http.Header) found {
	e, ok := s.tier.Get(baseKey(target))
	if !ok {
		return found{why: respond.FwdURIMiss, part: s.findPart(target, r)}
	}
	if e.Status != 0 && takesCoding(r.Header, e) {
		return found{entry: e}
	}
	for _, v := range variantsOf(e) {
		if value, ok := rfc9111.VaryValue(v.Names, sent()); ok && value == v.Value {
			if e, ok := s.tier.Get(v.Key); ok && takesCoding(r.Header, e) {
				return found{entry: e}
			}
		}
	}
	return found{why: respond.FwdVaryMiss, part: s.findPart(target, r)}
}

// findPart returns the range that a request asks for, as a response of its own, if
// a stored part has all of it (RFC 9111, section 3.3).
func (s *store) findPart(target string, r *http.Request) *cache.Entry {
	if !asksForPart(r) {
		return nil
	}
	e, ok := s.tier.Get(partKey(target))
	if !ok || !takesCoding(r.Header, e) {
		return nil
	}
	return cutPart(e, r.Header)
}

// index returns the variants of target, the latest first. It is empty if the
// target does not vary.
func (s *store) index(target string) []variant {
	e, ok := s.tier.Get(baseKey(target))
	if !ok {
		return nil
	}
	return variantsOf(e)
}

// variantsOf returns the lines of an index, none of a response.
func variantsOf(index *cache.Entry) []variant {
	if index.Status != 0 {
		return nil
	}
	if vs, ok := index.Derived.([]variant); ok {
		return vs
	}
	var vs []variant
	if json.Unmarshal(index.Body, &vs) != nil {
		return nil // not ours: as if nothing were stored
	}
	return vs
}

// variants returns the stored variants of target, the latest first.
func (s *store) variants(target string) []*cache.Entry {
	var stored []*cache.Entry
	for _, v := range s.index(target) {
		if e, ok := s.tier.Get(v.Key); ok {
			stored = append(stored, e)
		}
	}
	return stored
}

// selection is what tells requests for target apart, as far as its latest response
// says. It is empty if all requests for it are alike.
func (s *store) selection(target string, request http.Header) string {
	vs := s.index(target)
	if len(vs) == 0 {
		return ""
	}
	value, _ := rfc9111.VaryValue(vs[0].Names, request)
	return value
}

// enter returns the epoch that target is in. It must be left.
func (s *store) enter(target string) *epoch {
	s.mu.Lock()
	defer s.mu.Unlock()
	ep := s.epochs[target]
	if ep == nil {
		s.begun++
		ep = &epoch{target: target, number: s.begun}
		s.epochs[target] = ep
	}
	ep.users++
	return ep
}

func (s *store) leave(ep *epoch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ep.users--; ep.users == 0 && s.epochs[ep.target] == ep {
		delete(s.epochs, ep.target)
	}
}

// put stores the response to a request that was sent in an epoch, with request's
// fields as upstream got them, and sets its key. It reports whether it is stored.
func (s *store) put(ep *epoch, request http.Header, e *cache.Entry) bool {
	names, _ := rfc9111.VaryNames(e.Header)
	value, ok := rfc9111.VaryValue(names, request)
	if !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ep.ended {
		return false
	}
	if len(names) == 0 {
		s.dropVariants(ep.target)
		e.Key = baseKey(ep.target)
		return s.tier.Put(e) == nil
	}
	sum := sha256.Sum256([]byte(value))
	e.Key = "http/1 " + hex.EncodeToString(sum[:]) + " " + ep.target
	return s.tier.Put(e) == nil && s.putIndex(ep.target, variant{Names: names, Value: value, Key: e.Key})
}

// putIndex puts v at the head of the index of target. The oldest variants give way
// when there are too many.
func (s *store) putIndex(target string, v variant) bool {
	lines := []variant{v}
	for _, old := range s.index(target) {
		switch {
		case old.Key == v.Key:
		case len(lines) < maxVariants:
			lines = append(lines, old)
		default:
			_ = s.tier.Delete(old.Key) // what is not in the index is not found anyway
		}
	}
	body, err := json.Marshal(lines)
	if err != nil {
		panic(err) // strings always marshal
	}
	return s.tier.Put(&cache.Entry{
		Key: baseKey(target), Body: body, Digest: sha256.Sum256(body),
		Derived: lines, DerivedCost: 2 * len(body),
	}) == nil
}

// putPart stores a part, or the whole that it completes, like put.
func (s *store) putPart(ep *epoch, e *cache.Entry) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ep.ended {
		return false
	}
	kept := e
	if old, ok := s.tier.Get(partKey(ep.target)); ok && old.State(time.Now()) == cache.Fresh {
		kept = joinParts(old, e)
	}
	kept = wholeIfComplete(kept)
	if kept.Key = partKey(ep.target); kept.Status == http.StatusOK {
		kept.Key = baseKey(ep.target)
	}
	return s.tier.Put(kept) == nil
}

// dropVariants deletes the variants of target, if it has any.
func (s *store) dropVariants(target string) {
	for _, v := range s.index(target) {
		_ = s.tier.Delete(v.Key)
	}
}

// invalidate removes all that is stored for target (RFC 9111, section 4.4), and
// sees to it that responses which are under way are not stored.
func (s *store) invalidate(target string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ep := s.epochs[target]; ep != nil {
		ep.ended = true
		delete(s.epochs, target)
	}
	s.dropVariants(target)
	_ = s.tier.Delete(partKey(target))
	return s.tier.Delete(baseKey(target))
}

// purge is invalidate, and returns what was stored.
func (s *store) purge(target string) ([]*cache.Entry, error) {
	stored := s.variants(target)
	if e, ok := s.tier.Get(baseKey(target)); ok && e.Status != 0 {
		stored = append(stored, e)
	}
	if e, ok := s.tier.Get(partKey(target)); ok {
		stored = append(stored, e)
	}
	return stored, s.invalidate(target)
}

// drop removes one response that proved obsolete.
func (s *store) drop(e *cache.Entry) { _ = s.tier.Delete(e.Key) }
