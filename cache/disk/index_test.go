package disk

import (
	"testing"
)

// TestAbandonedStaysBarred is of a Put that reaches the medium just when its
// caller has given up: what the caller was told must stay true.
func TestAbandonedStaysBarred(t *testing.T) {
	x := newIndex()
	late, next := &writing{name: nameOf("a")}, &writing{name: nameOf("a")}
	x.abandon(late)
	x.commit(late, worth{})
	if !x.isBarred(late.name) {
		t.Error("it is served although its caller was told that it failed")
	}
	x.commit(next, worth{})
	if x.isBarred(next.name) {
		t.Error("what came after it is not served")
	}
}

// TestLaterUseCounts: a walk sees when a file was used less exactly than we know.
func TestLaterUseCounts(t *testing.T) {
	x := newIndex()
	for _, used := range []int64{5, 9, 7} {
		x.learn(nameOf("a"), worth{bytes: block, used: used})
	}
	if got := x.known[nameOf("a")].used; got != 9 {
		t.Errorf("got last use %d, want 9", got)
	}
	if x.bytes != block {
		t.Errorf("got %d bytes, want %d", x.bytes, block)
	}
}

// TestUnreadShardIsNotForgotten: that a folder could not be read does not say
// that it is empty.
func TestUnreadShardIsNotForgotten(t *testing.T) {
	x := newIndex()
	read, unread := name{1}, name{2}
	x.learn(read, worth{bytes: block})
	x.learn(unread, worth{bytes: block})
	x.beginWalk()
	x.endWalk([shards]bool{2: true})
	if x.knows(read) || !x.knows(unread) || x.bytes != block {
		t.Errorf("got %v with %d bytes, want what could not be read", x.known, x.bytes)
	}
}
