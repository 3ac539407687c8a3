package proxy_test

import (
	"sync"
	"time"
)

// witness is an Observer that counts what it is told.
type witness struct {
	mu       sync.Mutex
	outcomes map[string]int
	kept     map[string]int // worse answers kept out, by reason
	overrode map[string]int
	waiters  int
	joined   chan struct{} // gets a token for each waiter that boards a flight
	panics   int
	cuts     int
	doubts   int
}

func newWitness() *witness {
	return &witness{
		outcomes: map[string]int{}, kept: map[string]int{}, overrode: map[string]int{},
		joined: make(chan struct{}, 4096),
	}
}

func (w *witness) locked(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

func (w *witness) RequestStarted() {}
func (w *witness) FetchStarted()   {}
func (w *witness) FetchEnded()     {}

func (w *witness) RequestEnded(outcome, _ string, _ int, _ time.Duration) {
	w.locked(func() { w.outcomes[outcome]++ })
}

func (w *witness) WaiterJoined() {
	w.locked(func() { w.waiters++ })
	w.joined <- struct{}{}
}

func (w *witness) DowngradeRejected(reason string)      { w.locked(func() { w.kept[reason]++ }) }
func (w *witness) DirectiveOverridden(directive string) { w.locked(func() { w.overrode[directive]++ }) }
func (w *witness) ParameterIgnored(string)              {}
func (w *witness) ObjectFromList()                      {}
func (w *witness) PageCut(bool, bool)                   { w.locked(func() { w.cuts++ }) }
func (w *witness) WindowRejected(string)                { w.locked(func() { w.doubts++ }) }
func (w *witness) StaleServed(string, string)           {}
func (w *witness) PanicRecovered()                      { w.locked(func() { w.panics++ }) }
func (w *witness) ThrottleReportFailed()                {}

func (w *witness) count(m map[string]int, key string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return m[key]
}
