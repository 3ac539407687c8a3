package soak

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// resources are what this process has taken of what must be given back.
type resources struct {
	goroutines  int
	descriptors int // -1 where they cannot be counted
	heap        uint64
}

// How much more there may be afterwards: idle connections and timers that end by
// themselves, and the allocator's own.
const (
	moreGoroutines  = 8
	moreDescriptors = 8
	moreHeap        = 24 << 20
)

// patience is how long it may take until all is given back.
const patience = 45 * time.Second

func measure() resources {
	runtime.GC()
	runtime.GC() // what finalizers let go of
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r := resources{goroutines: runtime.NumGoroutine(), descriptors: -1, heap: m.HeapAlloc}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		r.descriptors = len(open)
	}
	return r
}

// awaitReturn waits until no more is taken than before, and fails the test if that
// does not come about.
func (before resources) awaitReturn(t *testing.T, when string) {
	t.Helper()
	deadline, ticker := time.NewTimer(patience), time.NewTicker(200*time.Millisecond)
	defer deadline.Stop()
	defer ticker.Stop()
	for {
		now := measure()
		if now.goroutines <= before.goroutines+moreGoroutines && now.descriptors <= before.descriptors+moreDescriptors && now.heap <= before.heap+moreHeap {
			t.Logf("%s: %d goroutines and %d before, %d descriptors and %d before, %d KiB and %d before", when,
				now.goroutines, before.goroutines, now.descriptors, before.descriptors, now.heap>>10, before.heap>>10)
			return
		}
		select {
		case <-ticker.C:
		case <-deadline.C:
			stacks := make([]byte, 1<<20)
			t.Errorf("%s: resources are not given back: %+v, before %+v\n%s", when, now, before, stacks[:runtime.Stack(stacks, true)])
			return
		}
	}
}
