package metrics

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// Bounds of the names that clients can make labels of.
const (
	maxIgnoredNames = 64
	maxIgnoredName  = 40 // bytes
)

// ignored counts parameters by names that clients choose. The set is not closed
// but bounded: the first names that come are told apart.
type ignored struct {
	vec *prometheus.CounterVec

	mu    sync.Mutex // guards names
	names map[string]bool
}

func (f factory) ignored() *ignored {
	i := &ignored{vec: f.counters(ignoredName, ignoredHelp, labelName), names: make(map[string]bool)}
	i.vec.WithLabelValues(other)
	return i
}

// ParameterIgnored counts a request with a parameter that its endpoint does not know.
func (m *Metrics) ParameterIgnored(name string) {
	m.ignored.vec.WithLabelValues(m.ignored.bound(name)).Inc()
}

func (i *ignored) bound(name string) string {
	if len(name) > maxIgnoredName || !isPlain(name) {
		return other
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.names[name] {
		if len(i.names) >= maxIgnoredNames {
			return other
		}
		i.names[name] = true
	}
	return name
}

// isPlain reports whether a name is of visible ASCII characters.
func isPlain(name string) bool {
	for i := range len(name) {
		if name[i] <= ' ' || name[i] > '~' {
			return false
		}
	}
	return name != ""
}
