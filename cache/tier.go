package cache

import "errors"

var (
	// ErrClosed is returned by a tier that was closed.
	ErrClosed = errors.New("cache: tier is closed")
	// ErrInvalid is returned for an entry that is nil or has no key.
	ErrInvalid = errors.New("cache: entry has no key")
	// ErrTooLarge is returned for an entry that is larger than the tier can ever
	// make room for.
	ErrTooLarge = errors.New("cache: entry is larger than the tier can hold")
)

// Tier keeps entries by key. All methods may be called at any time from many
// goroutines, also during and after Close.
//
// A tier is not a source of truth: it may forget any entry at any time. What it
// must never do is to return anything but the entry that was last Put under the
// key that is asked for. Package cachetest checks what is said here.
//
// No method takes a context. What was fetched is stored no matter who still waits
// for it, and a look-up may not fail for all because the client that it began for
// has left. So a tier that does I/O limits the time of each call by itself, and
// returns a miss when it runs out.
type Tier interface {
	// Get returns the entry under key. It belongs to the tier and must not be
	// changed; it stays valid when the tier forgets it. The tier does not look
	// at the entry's times: it also returns what is stale or dead.
	//
	// false is a miss: the entry was never stored, was forgotten, was deleted,
	// failed verification, or the tier cannot tell. The caller goes on in the
	// same way in each case, so an unhealthy tier reports that by means of its
	// own, once and not per call.
	Get(key Key) (*Entry, bool)

	// Put stores e in place of the entry under its key, and takes ownership:
	// from here on nobody may change e. Of two calls with the same key the
	// later one wins; for concurrent calls one of them is the later.
	//
	// After Put returns nil, Get returns e until something newer is stored or
	// the tier evicts it. When it returns an error, neither e is cached nor the
	// entry that was there before: an old response does not come back after a
	// new one was seen. The error is ErrInvalid (in this case nothing has
	// changed), ErrTooLarge, ErrClosed, or a fault of the medium; the response
	// itself is good in any case and can be served.
	Put(e *Entry) error

	// Delete removes the entry under key. That there is none is no error; an
	// error means that the entry may come back.
	Delete(key Key) error

	// Close ends the tier after the calls under way have returned. Later calls
	// of Get miss, those of Put and Delete return ErrClosed. Closing again does
	// nothing and returns nil.
	Close() error
}
