package dataset

import (
	"slices"
	"strings"
	"sync"
	"time"

	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim/drf"
)

// Store holds the data of a simulator; each list is made when it is first asked for.
// It is safe for concurrent use.
type Store struct {
	start time.Time

	mu     sync.Mutex            // guards all below
	lists  map[string][]*drf.Row // by Name, in the order in which rows that compare equal come out
	hidden map[string]int        // how many elements of a list are hidden
}

// NewStore returns a Store whose launches and events lie around start.
func NewStore(start time.Time) *Store {
	return &Store{start: start.UTC().Truncate(time.Minute), lists: map[string][]*drf.Row{}, hidden: map[string]int{}}
}

// Hide makes a list, by its Name, answer as if the first n elements, in their default
// order, were gone.
func (s *Store) Hide(name string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hidden[name] = n
}

// rows returns all elements of a list, and how many of those listed are hidden.
func (s *Store) rows(name string) (all []*drf.Row, hidden int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, ok := s.lists[name]
	if !ok {
		switch name {
		case "spacecraft":
			all = spacecraft()
		case "launches":
			all = launches(s.start)
		case "events":
			all = events(s.start)
		default:
			all = generated(name, size(name), s.start)
		}
		s.lists[name] = all
	}
	return all, s.hidden[name]
}

// View returns a list as it is now.
func (s *Store) View(lists *catalog.Endpoint, now time.Time) *drf.ListView {
	all, hidden := s.rows(Name(lists))
	v := &drf.ListView{All: all, Rows: between(all, lists, now), Default: defaultOrder(lists)}
	if hidden > 0 {
		gone := drf.Sort(v.Rows, v.Default)[:min(hidden, len(v.Rows))]
		v.Rows = drf.Keep(v.Rows, func(r *drf.Row) bool { return !slices.Contains(gone, r) })
	}
	for _, name := range lists.Params() {
		switch kind, _ := lists.Param(name); kind {
		case catalog.Search:
			for _, name := range searchFields(lists) {
				v.Search = append(v.Search, fieldOf(lists, name))
			}
		case catalog.Ordering:
			v.Ordering = map[string]drf.Field{}
			for _, name := range orderingFields(lists) {
				v.Ordering[name] = fieldOf(lists, name)
			}
		default:
			f := drf.Filter{Name: name, Kind: kind}
			f.Field, f.Op = resolve(lists, name)
			switch name {
			case hideRecent:
				f.Method = hideRecentPrevious(Name(lists), now)
			case withSuborbital:
				f.Method = includeSuborbital
			}
			v.Filters = append(v.Filters, f)
		}
	}
	return v
}

// defaultOrder is the ordering of a list where none is asked for.
func defaultOrder(lists *catalog.Endpoint) drf.Term {
	name, descend := "id", strings.HasSuffix(lists.Path, "/previous/")
	switch list := Name(lists); list {
	case "launches", "events":
		name = timeField(list)
	case "updates":
		name, descend = "created_on", true
	}
	return drf.Term{Field: drf.Field{Path: []string{name}}, Descend: descend}
}

// Starship is the body of /dashboard/starship/: what is next and what was last.
func (s *Store) Starship(now time.Time) drf.Object {
	three := func(name string, past bool) drf.List {
		all, _ := s.rows(name)
		l := drf.List{}
		for _, r := range all {
			if timeOf(r, name).After(now) != past && len(l) < 3 {
				l = append(l, r.Base)
			}
		}
		return l
	}
	return drf.Object{
		{"upcoming", drf.Object{{"launches", three("launches", false)}, {"events", three("events", false)}}},
		{"previous", drf.Object{{"launches", three("launches", true)}, {"events", three("events", true)}}},
		{"live_streams", drf.List{}},
		{"road_closures", drf.List{}},
		{"notices", drf.List{}},
	}
}
