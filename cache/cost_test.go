package cache

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"
)

// live is how many bytes are reachable.
func live() int64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// TestCostIsWhatIsLive compares what entries are said to cost with what they take, maps
// and policy included, once many times as many have come and gone: a quarter is the
// margin, and two megabytes are what an empty Memory has.
func TestCostIsWhatIsLive(t *testing.T) {
	const maxBytes = 16 << 20
	for _, size := range []int{300, 2000, 22_000} {
		before := live()
		m := openMemory(t, MemoryOptions{MaxBytes: maxBytes})
		for i := range 4 * maxBytes / size {
			key := fmt.Sprint("ll2/1 json /2.3.0/launches/?limit=10&search=", i)
			mustPut(t, m, &Entry{
				Key: key, Target: key[11:], Accept: "application/json",
				Body: make([]byte, size/2+i*7919%size),
				Header: http.Header{
					"Content-Type": {"application/json"}, "Vary": {"Accept"}, "Etag": {fmt.Sprintf("%q", key)},
				},
			})
			m.Get(key)
		}
		took, cost := live()-before, m.Stats().Bytes
		if took > cost+cost/4+2<<20 || cost > maxBytes {
			t.Errorf("entries of %d bytes: they take %d KiB, and are said to cost %d", size, took>>10, cost>>10)
		}
		runtime.KeepAlive(m)
	}
}
