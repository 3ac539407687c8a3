package ll2sim

import (
	"slices"
	"strings"
	"sync"
	"time"

	"perigee/proxy/ll2/catalog"
)

// row is one element with all its detail. It is never changed.
type row struct {
	base  object    // what every mode but list shows
	extra object    // what only the mode detailed adds
	when  time.Time // what upcoming and previous go by; zero where they are not
	// suborbital is what include_suborbital=false leaves out.
	suborbital bool
}

// dataset is the rows of one list, in the order in which rows that compare equal
// come out.
type dataset struct {
	name string
	rows []*row
}

// store holds the data of a Server; each set is made when it is first asked for.
// It is safe for concurrent use.
type store struct {
	start time.Time // the times in the data lie around it

	mu     sync.Mutex          // guards what follows
	sets   map[string]*dataset // by setName
	hidden map[string]int      // how many elements of a set are hidden
}

func newStore(start time.Time) *store {
	return &store{start: start.UTC().Truncate(time.Minute), sets: map[string]*dataset{}, hidden: map[string]int{}}
}

// set returns the data of a list by its setName.
func (s *store) set(name string) *dataset {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d, ok := s.sets[name]; ok {
		return d
	}
	d := &dataset{name: name}
	switch name {
	case "spacecraft":
		d.rows = spacecraft()
	case "launches":
		d.rows = launches(s.start)
	case "events":
		d.rows = events(s.start)
	default:
		d.rows = generated(name, size(name), s.start)
	}
	s.sets[name] = d
	return d
}

func (s *store) hide(name string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hidden[name] = n
}

// visible returns those of a set's rows that are not hidden.
func (s *store) visible(name string, rows []*row, byDefault []orderTerm) []*row {
	s.mu.Lock()
	n := min(s.hidden[name], len(rows))
	s.mu.Unlock()
	if n <= 0 {
		return rows
	}
	gone := sorted(rows, byDefault)[:n]
	return filters{tests: []test{func(r *row) bool { return !slices.Contains(gone, r) }}}.apply(rows)
}

// order is the ordering where none is asked for.
func (d *dataset) order(lists *catalog.Endpoint) string {
	order := "id"
	switch d.name {
	case "launches":
		order = "net"
	case "events":
		order = "date"
	case "updates":
		return "-created_on"
	}
	if strings.HasSuffix(lists.Path, "/previous/") {
		order = "-" + order
	}
	return order
}

// lookup returns the values of a field, also of one that only detailed shows.
func (r *row) lookup(f field) list { return lookup(list{r.base, r.extra}, f.path) }

// text returns a member as text.
func (r *row) text(name string) string {
	value, _ := r.base.get(name)
	return asText(value)
}

// is tells whether the row has an id as a path gives it: 0202 is 202.
func (r *row) is(id string) bool {
	text := r.text("id")
	return text == strings.TrimLeft(id, "0") || strings.EqualFold(text, id)
}

// element is what a list or an object endpoint shows of the row.
func (r *row) element(lists *catalog.Endpoint, mode string) object {
	if !lists.HasMode(normalMode) {
		return r.base
	}
	shown := object{{"response_mode", mode}}
	switch mode {
	case detailedMode:
		return slices.Concat(shown, r.base, r.extra)
	case listMode:
		for _, m := range r.base {
			if isScalar(m.value) {
				shown = append(shown, m)
			}
		}
		return shown
	default:
		return append(shown, r.base...)
	}
}

func isScalar(value any) bool {
	switch value.(type) {
	case object, list:
		return false
	default:
		return true
	}
}
