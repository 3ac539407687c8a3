package cache

import (
	"net/http"
	"strings"
	"time"
)

// Wish is what a request says about the answers it will take (RFC 9111, section
// 5.2.1). The zero value takes any that is fresh.
type Wish struct {
	// NoCache wants an answer that upstream has just confirmed, NoStore none
	// that was or will be kept, OnlyIfCached none that upstream is asked for.
	NoCache, NoStore, OnlyIfCached bool

	maxAge, minFresh, maxStale, staleIfError delta
	anyStale                                 bool // max-stale without an argument
}

// ParseWish reads the Cache-Control field of a request, and Pragma where there is
// none (section 5.4), as net/http's server does too.
func ParseWish(h http.Header) Wish {
	var w Wish
	lines := h["Cache-Control"]
	if len(lines) == 0 {
		for _, line := range h["Pragma"] {
			if strings.EqualFold(strings.Trim(line, " \t"), "no-cache") {
				w.NoCache = true
			}
		}
		return w
	}
	for _, line := range lines {
		for line != "" {
			var directive string
			directive, line = cutDirective(line)
			w.note(splitDirective(directive))
		}
	}
	return w
}

func (w *Wish) note(name, arg string) {
	switch name {
	case "no-cache":
		w.NoCache = true
	case "no-store":
		w.NoStore = true
	case "only-if-cached":
		w.OnlyIfCached = true
	case "max-age":
		w.maxAge.note(arg)
	case "min-fresh":
		w.minFresh.note(arg)
	case "max-stale":
		w.anyStale = w.anyStale || arg == ""
		w.maxStale.note(arg)
	case "stale-if-error":
		w.staleIfError.note(arg)
	}
}

// Use is what may be done with a stored answer for one request.
type Use uint8

const (
	// Validate means that upstream must be asked first, since the answer is stale.
	Validate Use = iota
	// ValidateAsked means the same, since the request will not have it otherwise.
	ValidateAsked
	// ServeFresh means that the answer may be served.
	ServeFresh
	// ServeWhileRevalidate means that it may be served while it is refreshed.
	ServeWhileRevalidate
	// ServeStale means that it may be served because the request allows stale ones.
	ServeStale
)

// Choose says what may be done with a stored answer (RFC 9111, section 4).
func (w *Wish) Choose(e *Entry, t Traits, now time.Time) Use {
	state := e.State(now)
	fresh := state == Fresh
	switch {
	case w.NoCache:
		return ValidateAsked
	case w.maxAge.said && e.CurrentAge(now) > w.maxAge.value && !(fresh && t.Immutable):
		// RFC 8246, section 2: a reload does not make a cache validate what is
		// immutable. no-cache does, it was handled above.
		return w.because(fresh)
	case w.minFresh.said && e.FreshUntil.Sub(now) < w.minFresh.value:
		return w.because(fresh)
	case fresh:
		return ServeFresh
	case t.NeverStale:
		return Validate
	case state == Revalidate:
		return ServeWhileRevalidate
	case w.anyStale || w.maxStale.said && now.Sub(e.FreshUntil) <= w.maxStale.value:
		return ServeStale
	}
	return Validate
}

func (w *Wish) because(fresh bool) Use {
	if fresh {
		return ValidateAsked
	}
	return Validate
}

// OnError reports whether a stored answer may be served in place of a failure
// (RFC 9111, section 4.2.4; RFC 5861, section 4): for as long as the answer says,
// or the request.
func (w *Wish) OnError(e *Entry, t Traits, now time.Time) bool {
	if e.State(now) == Fresh {
		return !w.NoCache
	}
	if t.NeverStale || w.NoCache || e.Status >= http.StatusInternalServerError {
		return false
	}
	if w.staleIfError.said && now.Sub(e.FreshUntil) <= w.staleIfError.value {
		return true
	}
	return e.State(now) != Dead
}
