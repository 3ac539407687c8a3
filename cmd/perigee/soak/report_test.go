package soak

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// maxTold bounds the violations of one kind that are told in full.
const maxTold = 5

// report counts what was checked and what was found. It is safe for concurrent use.
type report struct {
	mu       sync.Mutex // guards all below
	checked  map[string]int
	found    map[string]int // violations, by kind
	told     []string
	violated int
}

func newReport() *report {
	return &report{checked: make(map[string]int), found: make(map[string]int)}
}

// count notes an answer that was checked, by its kind.
func (r *report) count(kind string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checked[kind]++
}

// violation notes what must not be.
func (r *report) violation(kind, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.violated++
	if r.found[kind]++; r.found[kind] <= maxTold {
		r.told = append(r.told, kind+": "+fmt.Sprintf(format, args...))
	}
}

// has reports whether violations of all these kinds were found.
func (r *report) has(kinds []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !slices.ContainsFunc(kinds, func(kind string) bool { return r.found[kind] == 0 })
}

// tell logs the report of a profile, and fails the test if there was a violation.
func (r *report) tell(t *testing.T, s *soak) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "profile %s, seed %d, %v\nanswers checked: %s\n", s.profile, s.seed, s.duration, table(r.checked))
	faults := make(map[string]int)
	for f, n := range s.faults.drawn {
		faults[fault(f).String()] = n
	}
	fmt.Fprintf(&b, "upstream requests by fault: %s, at most %d in a row\n", table(faults), s.longest)
	fmt.Fprintf(&b, "violations: %s\n", table(r.found))
	for _, told := range r.told {
		fmt.Fprintf(&b, "  %s\n", told)
	}
	t.Log(b.String())
	if r.violated > 0 {
		t.Errorf("%d violations; the same choices again: PERIGEE_SOAK_SEED=%d", r.violated, s.seed)
	}
}

// table lists counts by name, after their sum.
func table(counts map[string]int) string {
	sum, rows := 0, make([]string, 0, len(counts))
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		sum += counts[name]
		rows = append(rows, fmt.Sprintf("%d %s", counts[name], name))
	}
	return fmt.Sprintf("%d (%s)", sum, strings.Join(rows, ", "))
}
