package cache

import (
	"sync"
	"time"
)

// maxAbsent bounds what is remembered to be absent. It is no loss to forget it.
const maxAbsent = 4096

// absent remembers for a while that a tier had nothing under some keys, so that
// it is not asked over and over. The zero value remembers nothing.
type absent struct {
	lasts time.Duration // if zero, nothing is remembered
	now   func() time.Time

	mu    sync.RWMutex // guards until
	until map[Key]time.Time
}

// has reports whether there was nothing under key a moment ago.
func (a *absent) has(key Key) bool {
	if a.lasts == 0 {
		return false
	}
	a.mu.RLock()
	until, ok := a.until[key]
	a.mu.RUnlock()
	return ok && a.now().Before(until)
}

func (a *absent) note(key Key) {
	if a.lasts == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.until == nil || len(a.until) >= maxAbsent {
		a.until = make(map[Key]time.Time)
	}
	a.until[key] = a.now().Add(a.lasts)
}

func (a *absent) forget(key Key) {
	if a.lasts == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.until, key)
}
