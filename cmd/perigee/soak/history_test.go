package soak

import (
	"strings"
	"sync"
	"time"
)

// moment is the time since the soak began, by the monotonic clock. Upstream, proxy and
// clients are one process, so that moments can be compared exactly.
type moment = time.Duration

// exchange is one request that upstream got, and what it said.
type exchange struct {
	serial  int
	subject string // what was asked for: a path, and for pages of a list that of the list
	fault   fault  // what went wrong on purpose
	aborted bool   // the proxy hung up
	version int64
	count   int64  // of a list
	arrived moment // the request
	at      moment // at which the content was what upstream said; zero: it said nothing
	done    moment // the last byte was written; zero: not yet
}

// bad reports whether the exchange brought nothing that can be used.
func (x exchange) bad() bool { return x.fault != noFault || x.aborted }

// endedBefore reports whether the exchange was over at a moment.
func (x exchange) endedBefore(m moment) bool { return x.done != 0 && x.done < m }

// history is all that upstream was asked and has said, and what operators and clients
// did to it. It is safe for concurrent use.
type history struct {
	epoch time.Time

	mu        sync.Mutex // guards all below
	exchanges []exchange
	faulty    map[string][]int // by subject: the serials of bad exchanges, in the order of their ends
	inARow    int              // bad exchanges since the last good one
	longest   int              // the most that inARow ever was
	purges    map[string]purge
	posts     map[string]post
}

// purge is the latest one of a target.
type purge struct{ begun, done moment }

// post is the latest change of a target that a client knows of.
type post struct {
	done    moment
	version int64
}

func newHistory() *history {
	return &history{
		epoch: time.Now(), exchanges: make([]exchange, 1), faulty: make(map[string][]int),
		purges: make(map[string]purge), posts: make(map[string]post),
	}
}

// now is later than the epoch: zero means never.
func (h *history) now() moment { return max(time.Since(h.epoch), 1) }

// begin notes a request, and returns its serial number.
func (h *history) begin(subject string, f fault) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	serial := len(h.exchanges)
	h.exchanges = append(h.exchanges, exchange{serial: serial, subject: subject, fault: f, arrived: h.now()})
	return serial
}

// says notes what upstream says in an exchange now.
func (h *history) says(serial int, version, count int64, at moment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := &h.exchanges[serial]
	x.version, x.count, x.at = version, count, at
}

// spare notes that nothing goes wrong with an exchange after all.
func (h *history) spare(serial int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.exchanges[serial].fault = noFault
}

// end notes that an exchange is over.
func (h *history) end(serial int, aborted bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x := &h.exchanges[serial]
	x.done, x.aborted = h.now(), aborted
	if !x.bad() {
		h.inARow = 0
		return
	}
	h.faulty[x.subject] = append(h.faulty[x.subject], serial)
	h.inARow++
	h.longest = max(h.longest, h.inARow)
}

// get returns an exchange. ok is false if there never was one.
func (h *history) get(serial int) (x exchange, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if serial <= 0 || serial >= len(h.exchanges) {
		return exchange{}, false
	}
	return h.exchanges[serial], true
}

// failed reports whether an exchange about a subject went wrong since a moment, or is
// still under way and going wrong.
func (h *history) failed(subject string, since moment) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if all := h.faulty[subject]; len(all) > 0 && h.exchanges[all[len(all)-1]].done >= since {
		return true
	}
	return h.latest(since, func(x exchange) bool { return x.subject == subject && x.done == 0 && x.bad() })
}

// throttled reports whether upstream has said 429 since a moment.
func (h *history) throttled(since moment) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.latest(since, func(x exchange) bool { return x.fault == tooMany })
}

// latest reports whether an exchange that arrived since a moment meets a condition.
// h.mu must be held.
func (h *history) latest(since moment, met func(exchange) bool) bool {
	for i := len(h.exchanges) - 1; i > 0 && h.exchanges[i].arrived >= since; i-- {
		if met(h.exchanges[i]) {
			return true
		}
	}
	return false
}

// lastGood returns the last exchange about a subject that was over before a moment and
// had gone well.
func (h *history) lastGood(subject string, before moment) (x exchange, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := len(h.exchanges) - 1; i > 0; i-- {
		if x := h.exchanges[i]; x.subject == subject && !x.bad() && x.endedBefore(before) {
			return x, true
		}
	}
	return exchange{}, false
}

func (h *history) purged(target string, begun, done moment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.purges[target].begun < begun {
		h.purges[target] = purge{begun, done}
	}
}

func (h *history) posted(target string, version int64, done moment) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.posts[target].version < version {
		h.posts[target] = post{done, version}
	}
}

// purgedList reports whether a page of a list was purged after a moment.
func (h *history) purgedList(list string, after moment) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for target, p := range h.purges {
		if path, _, _ := strings.Cut(target, "?"); path == list && p.done >= after {
			return true
		}
	}
	return false
}

// marks returns the latest purge and the latest post of a target that were over when
// a request was sent: an answer to it must be newer. Zero values: there are none.
func (h *history) marks(target string, sent moment) (p purge, o post) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p = h.purges[target]; p.done > sent {
		p = purge{}
	}
	if o = h.posts[target]; o.done > sent {
		o = post{}
	}
	return p, o
}
