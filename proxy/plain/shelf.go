package plain

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"sync"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/respond"
)

// maxVariants bounds what is told apart by Vary.
const maxVariants = 32

// shelf keeps answers by what they answer: a target, and the request fields that
// Vary names.
//
// Under the key of a target lies its answer, if that does not vary. If it does, an
// index lies there, an entry without a status, which says what the variants are
// and under which keys they lie.
type shelf struct {
	tier cache.Tier

	mu      sync.Mutex // guards changes of the store that are based on what it held, and what is below
	tenures map[string]*tenure
}

// tenure is the time from one invalidation of a target to the next, as far as
// somebody asks for it meanwhile. What was asked for in one tenure is not stored in
// the next: it may be older than the change.
type tenure struct {
	target string
	users  int
	ended  bool
}

// variant is one line of an index.
type variant struct {
	Names []string // the request fields that Vary names
	Value string   // what the request had there, see rfc9111.VaryValue
	Key   cache.Key
}

func newShelf(tier cache.Tier) *shelf {
	return &shelf{tier: tier, tenures: make(map[string]*tenure)}
}

func baseKey(target string) cache.Key { return "http/1 " + target }

// find returns what is stored for a request. If nothing is, why says what
// is missing.
func (s *shelf) find(target string, request http.Header) (e *cache.Entry, why respond.Fwd) {
	e, ok := s.tier.Get(baseKey(target))
	if !ok {
		return nil, respond.FwdURIMiss
	}
	if e.Status != 0 {
		return e, respond.NotForwarded
	}
	for _, v := range variantsOf(e) {
		if value, ok := rfc9111.VaryValue(v.Names, request); ok && value == v.Value {
			if e, ok := s.tier.Get(v.Key); ok {
				return e, respond.NotForwarded
			}
		}
	}
	return nil, respond.FwdVaryMiss
}

// variantsOf returns the lines of an index, the latest first.
func variantsOf(index *cache.Entry) []variant {
	if vs, ok := index.Derived.([]variant); ok {
		return vs
	}
	var vs []variant
	if json.Unmarshal(index.Body, &vs) != nil {
		return nil // not ours: as if nothing were stored
	}
	return vs
}

// enter returns the tenure that target is in. It must be left.
func (s *shelf) enter(target string) *tenure {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tenures[target]
	if t == nil {
		t = &tenure{target: target}
		s.tenures[target] = t
	}
	t.users++
	return t
}

func (s *shelf) leave(t *tenure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.users--; t.users == 0 && s.tenures[t.target] == t {
		delete(s.tenures, t.target)
	}
}

// put stores the answer to a request that was sent in a tenure. It reports whether
// it is held now, and sets its key.
func (s *shelf) put(t *tenure, request http.Header, e *cache.Entry) bool {
	names, _ := rfc9111.VaryNames(e.Header)
	value, ok := rfc9111.VaryValue(names, request)
	if !ok {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.ended {
		return false
	}
	target := t.target
	if len(names) == 0 {
		s.dropVariants(target)
		e.Key = baseKey(target)
		return s.tier.Put(e) == nil
	}
	sum := sha256.Sum256([]byte(value))
	e.Key = "http/1 " + hex.EncodeToString(sum[:]) + " " + target
	if s.tier.Put(e) != nil {
		return false
	}
	return s.tier.Put(s.index(target, variant{Names: names, Value: value, Key: e.Key})) == nil
}

// index returns the index of target with v at its head. The oldest variants give
// way when there are too many.
func (s *shelf) index(target string, v variant) *cache.Entry {
	lines := []variant{v}
	if held, ok := s.tier.Get(baseKey(target)); ok && held.Status == 0 {
		for _, old := range variantsOf(held) {
			switch {
			case old.Key == v.Key:
			case len(lines) < maxVariants:
				lines = append(lines, old)
			default:
				_ = s.tier.Delete(old.Key) // what is not in the index is not found anyway
			}
		}
	}
	body, err := json.Marshal(lines)
	if err != nil {
		panic(err) // strings always marshal
	}
	return &cache.Entry{
		Key: baseKey(target), Body: body, Digest: sha256.Sum256(body),
		Derived: lines, DerivedCost: 2 * len(body),
	}
}

// dropVariants deletes the variants of target, if it has any.
func (s *shelf) dropVariants(target string) {
	held, ok := s.tier.Get(baseKey(target))
	if !ok || held.Status != 0 {
		return
	}
	for _, v := range variantsOf(held) {
		_ = s.tier.Delete(v.Key)
	}
}

// invalidate forgets all that is stored of target (RFC 9111, section 4.4), and
// sees to it that answers which are under way are not stored.
func (s *shelf) invalidate(target string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tenures[target]; t != nil {
		t.ended = true
		delete(s.tenures, target)
	}
	s.dropVariants(target)
	_ = s.tier.Delete(partKey(target))
	return s.tier.Delete(baseKey(target))
}

// purge is invalidate, and returns what was held.
func (s *shelf) purge(target string) ([]*cache.Entry, error) {
	held := s.variants(target)
	if e, ok := s.tier.Get(baseKey(target)); ok && e.Status != 0 {
		held = append(held, e)
	}
	if e, ok := s.tier.Get(partKey(target)); ok {
		held = append(held, e)
	}
	return held, s.invalidate(target)
}

// drop forgets one answer that turned out to be wrong.
func (s *shelf) drop(e *cache.Entry) { _ = s.tier.Delete(e.Key) }

// variants returns what is held of target's variants, the latest first.
func (s *shelf) variants(target string) []*cache.Entry {
	held, ok := s.tier.Get(baseKey(target))
	if !ok || held.Status != 0 {
		return nil
	}
	var found []*cache.Entry
	for _, v := range variantsOf(held) {
		if e, ok := s.tier.Get(v.Key); ok {
			found = append(found, e)
		}
	}
	return found
}

func partKey(target string) cache.Key { return "http/1 part " + target }
