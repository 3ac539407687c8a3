package plain

import (
	"sync"
	"time"
)

// How long it is remembered that answers cannot be shared, and of how many targets.
const (
	lonerTime = 2 * time.Minute
	maxLoners = 4096
)

// loners are the targets whose answers could not be shared the last time: those
// who ask for them do not wait for each other. (Varnish calls it hit-for-miss.)
type loners struct {
	mu    sync.Mutex // guards the field below
	until map[string]time.Time
}

func (l *loners) add(target string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until == nil || len(l.until) >= maxLoners {
		l.until = make(map[string]time.Time)
	}
	l.until[target] = now.Add(lonerTime)
}

func (l *loners) remove(target string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.until, target)
}

func (l *loners) has(target string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.until[target])
}
