package cache

import (
	"slices"
	"strings"
	"testing"
)

// keys returns what p has, oldest first, and checks that its parts agree.
func (p *pinned) keys(t *testing.T) []Key {
	t.Helper()
	var keys []Key
	var bytes int64
	for _, s := range p.all() {
		keys = append(keys, s.entry.Key)
		bytes += s.cost
		if r, ok := p.get(s.entry.Key); !ok || r != s {
			t.Errorf("%q is pinned, but get returned (%v, %t)", s.entry.Key, r, ok)
		}
	}
	if bytes != p.bytes || len(p.byKey) != len(keys) {
		t.Errorf("got %d keys and %d bytes on the books, want %d and %d", len(p.byKey), p.bytes, len(keys), bytes)
	}
	return keys
}

// pinStep adds an entry, or removes one if the key begins with '-'.
type pinStep struct {
	key       Key
	cost      int64
	displaced []Key
	refused   bool
	want      []Key // what is pinned then, oldest first
}

func TestPinned(t *testing.T) {
	for name, steps := range map[string][]pinStep{
		"the oldest goes": {
			{"a", 1, nil, false, []Key{"a"}},
			{"b", 1, nil, false, []Key{"a", "b"}},
			{"c", 1, nil, false, []Key{"a", "b", "c"}},
			{"d", 1, []Key{"a"}, false, []Key{"b", "c", "d"}},
		},
		"an update is the newest, and displaces nobody": {
			{"a", 1, nil, false, []Key{"a"}},
			{"b", 1, nil, false, []Key{"a", "b"}},
			{"c", 1, nil, false, []Key{"a", "b", "c"}},
			{"a", 1, nil, false, []Key{"b", "c", "a"}},
			{"d", 1, []Key{"b"}, false, []Key{"c", "a", "d"}},
		},
		"bounded by bytes": {
			{"a", 40, nil, false, []Key{"a"}},
			{"b", 40, nil, false, []Key{"a", "b"}},
			{"c", 20, nil, false, []Key{"a", "b", "c"}},
			{"d", 41, []Key{"a", "b"}, false, []Key{"c", "d"}},
			{"e", 100, []Key{"c", "d"}, false, []Key{"e"}},
		},
		"an update that grows": {
			{"a", 40, nil, false, []Key{"a"}},
			{"b", 40, nil, false, []Key{"a", "b"}},
			{"b", 90, []Key{"a"}, false, []Key{"b"}},
		},
		"too large displaces nobody but its older self": {
			{"a", 40, nil, false, []Key{"a"}},
			{"b", 40, nil, false, []Key{"a", "b"}},
			{"c", 101, nil, true, []Key{"a", "b"}},
			{"a", 101, nil, true, []Key{"b"}},
		},
		"removed ones make room": {
			{"a", 50, nil, false, []Key{"a"}},
			{"b", 50, nil, false, []Key{"a", "b"}},
			{"-a", 0, nil, false, []Key{"b"}},
			{"-x", 0, nil, false, []Key{"b"}},
			{"c", 50, nil, false, []Key{"b", "c"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPinned(3, 100)
			for i, s := range steps {
				displaced, ok := s.do(p)
				if got := p.keys(t); !slices.Equal(got, s.want) || !slices.Equal(displaced, s.displaced) || ok == s.refused {
					t.Fatalf("step %d: got %q, displaced %q, %t; want %q, %q, %t", i, got, displaced, ok, s.want, s.displaced, !s.refused)
				}
			}
			p.clear()
			if got := p.keys(t); got != nil {
				t.Errorf("cleared: got %q", got)
			}
		})
	}
}

func (s pinStep) do(p *pinned) (displaced []Key, ok bool) {
	if key, removes := strings.CutPrefix(s.key, "-"); removes {
		p.remove(key)
		return nil, true
	}
	gone, ok := p.add(&resident{entry: &Entry{Key: s.key}, cost: s.cost})
	for _, e := range gone {
		displaced = append(displaced, e.entry.Key)
	}
	return displaced, ok
}
