package disk

import "testing"

// TestAbandonedStaysMarked is of a Put that reaches the medium just when its
// caller has given up: what the caller was told must stay true.
func TestAbandonedStaysMarked(t *testing.T) {
	stones := newTombstones()
	late, next := &write{name: nameOf("a")}, &write{name: nameOf("a")}
	stones.abandon(late)
	stones.commit(late)
	if !stones.has(late.name) {
		t.Error("it is served although its caller was told that it failed")
	}
	stones.commit(next)
	if stones.has(next.name) {
		t.Error("what came after it is not served")
	}
}
