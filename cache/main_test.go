package cache

import (
	"fmt"
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// openMemory returns a Memory that is closed with the test.
func openMemory(t testing.TB, o MemoryOptions) *Memory {
	t.Helper()
	m, err := NewMemory(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// sized returns an entry that costs exactly that much.
func sized(t testing.TB, key Key, cost int64) *Entry {
	t.Helper()
	e := &Entry{Key: key}
	e.DerivedCost = int(cost - e.Cost())
	if got := e.Cost(); got != cost {
		t.Fatalf("cannot make an entry of cost %d: got %d", cost, got)
	}
	return e
}

func mustPut(t testing.TB, m *Memory, e *Entry) {
	t.Helper()
	if err := m.Put(e); err != nil {
		t.Fatalf("put %q: %v", e.Key, err)
	}
}

// wantCached checks that e itself is what m has under its key.
func wantCached(t testing.TB, m *Memory, e *Entry) {
	t.Helper()
	if got, ok := m.Get(e.Key); !ok || got != e {
		t.Errorf("got (%p, %t) for %q, want %p", got, ok, e.Key, e)
	}
}

func wantMiss(t testing.TB, m *Memory, key Key) {
	t.Helper()
	if got, ok := m.Get(key); ok || got != nil {
		t.Errorf("got (%v, %t) for %q, want a miss", got, ok, key)
	}
}

func numbered(i int) Key {
	return fmt.Sprintf("ll2/1 json /2.3.0/spacecraft/?offset=%d", i)
}
