package fetch

import (
	"sync"
	"time"
)

// maxMissing bounds the objects that are remembered.
const maxMissing = 1024

// missing remembers which cached objects upstream has said not to know. It is believed
// the second time: a page may say 404 for a moment, while upstream is deployed. It is
// safe for concurrent use.
type missing struct {
	mu   sync.Mutex // guards seen
	seen map[string]time.Time
}

// confirmed notes that upstream does not know an object at a time, and reports whether
// it had said so before, in another answer.
func (m *missing) confirmed(key string, at time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if before, ok := m.seen[key]; ok && before.Before(at) {
		delete(m.seen, key)
		return true
	}
	if m.seen == nil || len(m.seen) >= maxMissing {
		m.seen = make(map[string]time.Time)
	}
	m.seen[key] = at
	return false
}

// forget notes that upstream knows an object.
func (m *missing) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.seen, key)
}
