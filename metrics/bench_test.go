package metrics

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// manyEndpoints is a set of about the size of the whole API's.
func manyEndpoints() []string {
	all := make([]string, 120)
	for i := range all {
		all[i] = fmt.Sprintf("/2.3.0/config/things_%03d/{id}/", i)
	}
	return all
}

// BenchmarkRequest is what counting costs every request.
func BenchmarkRequest(b *testing.B) {
	endpoints := manyEndpoints()
	m := New(prometheus.NewRegistry(), Options{Endpoints: endpoints})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.RequestStarted()
		m.RequestEnded("hit", endpoints[i%len(endpoints)], 200, time.Duration(40+i%10_000)*time.Microsecond)
	}
}

// BenchmarkRequestParallel is the same on all cores, for one endpoint.
func BenchmarkRequestParallel(b *testing.B) {
	endpoints := manyEndpoints()
	m := New(prometheus.NewRegistry(), Options{Endpoints: endpoints})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.RequestStarted()
			m.RequestEnded("hit", endpoints[7], 200, 60*time.Microsecond)
		}
	})
}

// BenchmarkScrape is what one gathering costs.
func BenchmarkScrape(b *testing.B) {
	reg := prometheus.NewRegistry()
	exercise(New(reg, everything(manyEndpoints())))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := reg.Gather(); err != nil {
			b.Fatal(err)
		}
	}
}
