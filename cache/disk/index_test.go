package disk

import (
	"testing"
)

// TestLaterUseCounts: a walk sees when a file was used less exactly than we know.
func TestLaterUseCounts(t *testing.T) {
	x := newIndex()
	for _, used := range []int64{5, 9, 7} {
		x.set(nameOf("a"), indexEntry{bytes: block, used: used})
	}
	if got := x.entries[nameOf("a")].used; got != 9 {
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
	x.set(read, indexEntry{bytes: block})
	x.set(unread, indexEntry{bytes: block})
	x.beginWalk()
	x.endWalk([shards]bool{2: true})
	if x.has(read) || !x.has(unread) || x.bytes != block {
		t.Errorf("got %v with %d bytes, want what could not be read", x.entries, x.bytes)
	}
}
