package cachestatus

import (
	"net/http"
	"testing"
)

func TestPreparedAllocations(t *testing.T) {
	prepared := Member{How: Hit}.Prepare(nil)
	var field string
	if got := testing.AllocsPerRun(100, func() { field = prepared.Field(-3600) }); got != 1 {
		t.Errorf("%q took %v allocations, want that of the string alone", field, got)
	}
	dst := make([]byte, 0, 64)
	if got := testing.AllocsPerRun(100, func() { dst = prepared.AppendTo(dst[:0], 3600) }); got != 0 {
		t.Errorf("%q took %v allocations, want none", dst, got)
	}
}

// TestPreparedLong: a field that does not fit what is kept for it on the stack is
// written all the same.
func TestPreparedLong(t *testing.T) {
	m := Member{How: Hit, Key: string(make([]byte, 1000)), TTL: 5, HasTTL: true}
	if got, want := m.Prepare(nil).Field(5), m.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// BenchmarkPreparedField is what a hit costs, the slice of the header included.
func BenchmarkPreparedField(b *testing.B) {
	prepared := Member{How: Hit}.Prepare(nil)
	h := http.Header{}
	b.ReportAllocs()
	for ttl := int64(0); b.Loop(); ttl++ {
		h["Cache-Status"] = []string{prepared.Field(ttl & 4095)}
	}
}

func BenchmarkPreparedAppendTo(b *testing.B) {
	prepared := Member{How: Hit}.Prepare(nil)
	b.ReportAllocs()
	dst := make([]byte, 0, 64)
	for ttl := int64(0); b.Loop(); ttl++ {
		dst = prepared.AppendTo(dst[:0], ttl&4095)
	}
}

func BenchmarkString(b *testing.B) {
	b.ReportAllocs()
	for ttl := int64(0); b.Loop(); ttl++ {
		if (Member{How: Hit, TTL: ttl & 4095, HasTTL: true}).String() == "" {
			b.Fatal("empty")
		}
	}
}
