package collection

import (
	"slices"
	"time"
)

// Bounds of the default Superseded.
const (
	DefaultMaxVersions = 3        // of one window
	DefaultMaxBytes    = 64 << 20 // of all
)

// Superseded keeps windows that newer ones have taken the place of, as long as
// somebody walks who reads their generation (Walks.Wants). W is whatever the
// owner keeps a window in. It is bounded in versions of a window and in bytes
// altogether; what does not fit drives out the oldest. It is not safe for
// concurrent use.
type Superseded[W any] struct {
	maxVersions, maxBytes int
	bytes                 int
	kept                  []SupersededWindow[W] // in the order of keeping
}

// SupersededWindow is a window that a newer one has taken the place of.
type SupersededWindow[W any] struct {
	Key     string // of the window's Resource
	List    string // Resource.List of it
	Version Version
	Until   time.Time // when it must no longer be served, even to walkers
	End     int64     // the offset where the window ends
	Cost    int       // bytes of memory
	Value   W
}

// NewSuperseded returns an empty store. If maxVersions is zero,
// DefaultMaxVersions; if maxBytes is zero, DefaultMaxBytes.
func NewSuperseded[W any](maxVersions, maxBytes int) *Superseded[W] {
	if maxVersions == 0 {
		maxVersions = DefaultMaxVersions
	}
	if maxBytes == 0 {
		maxBytes = DefaultMaxBytes
	}
	return &Superseded[W]{maxVersions: maxVersions, maxBytes: maxBytes}
}

// Keep takes a window in. Whoever calls it has asked Walks.Wants.
func (ps *Superseded[W]) Keep(p SupersededWindow[W]) {
	ps.kept = append(ps.kept, p)
	ps.bytes += p.Cost
	versions := 0
	for i := len(ps.kept) - 1; i >= 0; i-- {
		if ps.kept[i].Key != p.Key {
			continue
		}
		if versions++; versions > ps.maxVersions {
			ps.remove(i)
		}
	}
	for ps.bytes > ps.maxBytes && len(ps.kept) > 0 {
		ps.remove(0)
	}
}

func (ps *Superseded[W]) remove(i int) {
	ps.bytes -= ps.kept[i].Cost
	ps.kept = slices.Delete(ps.kept, i, i+1)
}

// Of returns the kept versions of a window that may be served now, the newest first.
func (ps *Superseded[W]) Of(key string, now time.Time) []SupersededWindow[W] {
	var versions []SupersededWindow[W]
	for _, p := range slices.Backward(ps.kept) {
		if p.Key == key && now.Before(p.Until) {
			versions = append(versions, p)
		}
	}
	slices.SortStableFunc(versions, func(a, b SupersededWindow[W]) int { return b.Version.Fetched.Compare(a.Version.Fetched) })
	return versions
}

// Drop lets go of all versions of a window.
func (ps *Superseded[W]) Drop(key string) {
	ps.drop(func(p SupersededWindow[W]) bool { return p.Key == key })
}

// drop lets go of what is gone.
func (ps *Superseded[W]) drop(gone func(SupersededWindow[W]) bool) {
	ps.kept = slices.DeleteFunc(ps.kept, func(p SupersededWindow[W]) bool {
		if !gone(p) {
			return false
		}
		ps.bytes -= p.Cost
		return true
	})
}

// Release lets go of all that may no longer be served or that nobody wants any
// more. interval says how long the answers of a list are fresh.
func (ps *Superseded[W]) Release(w *Walks, interval func(list string) time.Duration, now time.Time) {
	ps.drop(func(p SupersededWindow[W]) bool {
		return !now.Before(p.Until) || !w.Wants(p.List, p.Version, p.End, interval(p.List), now)
	})
}

// Len returns how many windows are kept.
func (ps *Superseded[W]) Len() int { return len(ps.kept) }

// Bytes returns what they cost together.
func (ps *Superseded[W]) Bytes() int { return ps.bytes }
