package respond

import (
	"net/http"
	"testing"
	"time"
)

func TestPreparedAllocations(t *testing.T) {
	prepared := Member{Hit: true}.Prepare(nil)
	var field string
	if got := testing.AllocsPerRun(100, func() { field = prepared.Field(-time.Hour) }); got != 1 {
		t.Errorf("%q took %v allocations, want that of the string alone", field, got)
	}
}

// TestPreparedLong: a field that does not fit what is kept for it on the stack is
// written all the same.
func TestPreparedLong(t *testing.T) {
	m := Member{Hit: true, Key: string(make([]byte, 1000)), TTL: 5, HasTTL: true}
	if got, want := m.Prepare(nil).Field(5*time.Second), m.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// BenchmarkPreparedField is what a hit costs, the slice of the header included.
func BenchmarkPreparedField(b *testing.B) {
	prepared := Member{Hit: true}.Prepare(nil)
	h := http.Header{}
	b.ReportAllocs()
	for ttl := time.Duration(0); b.Loop(); ttl += time.Second {
		h["Cache-Status"] = []string{prepared.Field(ttl & (1<<42 - 1))}
	}
}

func BenchmarkString(b *testing.B) {
	b.ReportAllocs()
	for ttl := int64(0); b.Loop(); ttl++ {
		if (Member{Hit: true, TTL: ttl & 4095, HasTTL: true}).String() == "" {
			b.Fatal("empty")
		}
	}
}
