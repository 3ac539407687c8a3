package cluster

import "time"

// outcome is what has come of a beat.
type outcome string

const (
	other    outcome = "other"    // another replica leads, or nobody may yet
	kept     outcome = "kept"     // the lease goes on
	restored outcome = "restored" // it does, though the server had forgotten it
	won      outcome = "won"      // the replica leads, for a new term
)

// pulse is what a replica hears when it has been heard from.
type pulse struct {
	outcome outcome
	term    int64  // of the replica that leads; zero: none does
	leader  string // its name
	left    time.Duration
	live    int           // replicas that were heard from lately
	missing int           // those that were not, and did not leave
	memory  time.Duration // for which the server has noted them
}

const (
	// beatsPerLease is how often a replica is heard from within a lease.
	beatsPerLease = 5
	// silentBeats is how many beats a replica misses before it is missing.
	silentBeats = 3
	// driftPart is the part of a lease that clocks may differ by over its length.
	driftPart = 20
	// unsettledFor is how long what a replica was sending when it was missing may
	// still be unknown after it is back.
	unsettledFor = 10 * time.Second
	// strangers is how many replicas one assumes that has never reached the server.
	strangers = 3
	// mostUnseen bounds the replicas that are assumed to spend unseen: with more at
	// the same moment, the report can be too old for one of them.
	mostUnseen = 3
)

// election is what one replica knows of who leads. It is a plain state machine:
// every method takes the time, which is the replica's own and monotonic.
//
// A lease ends by the clock of its holder before it does by the server's: it is
// counted from before it was asked for, and a part of it is left for drift.
type election struct {
	lease time.Duration

	term  int64     // of the lease of this replica; zero: it has none
	until time.Time // when that ends

	leader string    // who leads, this replica or another; "": nobody
	retry  time.Time // when that may change
	beat   time.Time // when the latest beat was sent that was answered, or the start
	began  time.Time // when the first was since which none was missed for long
	failed bool      // the beat after it was not

	reached       bool // once
	live, missing int
	unseen        int       // replicas that may spend unseen
	seen          time.Time // when there were so many

	memory    time.Duration // of the server
	expected  int           // replicas that there were before it forgot them
	forgotten time.Time     // until when they may still be there
}

func newElection(lease time.Duration, now time.Time) election {
	return election{lease: lease, beat: now, retry: now, live: strangers}
}

// leads reports whether this replica is the one that sends.
func (e *election) leads(now time.Time) bool { return e.term != 0 && now.Before(e.until) }

// hasLeader reports whether somebody leads, as far as is known.
func (e *election) hasLeader(now time.Time) bool {
	return e.leads(now) || e.term == 0 && e.leader != "" && !e.deserted(now)
}

// deserted reports whether this replica has not reached the server for so long that
// whoever leads knows that it is missing, and a lease of its own is over.
func (e *election) deserted(now time.Time) bool {
	return !e.leads(now) && !now.Before(e.beat.Add(e.patience()))
}

// patience is how long a replica that cannot reach the server spends nothing.
func (e *election) patience() time.Duration { return e.lease + e.interval() }

// isNew reports whether this replica has not been there long enough to know which
// others may have spent unseen.
func (e *election) isNew(now time.Time) bool { return now.Sub(e.began) <= unsettledFor }

func (e *election) interval() time.Duration { return e.lease / beatsPerLease }

// answered takes in what a beat that was sent at asked has brought. A replica is
// remembered for the time of forget.
func (e *election) answered(p pulse, asked, now time.Time, forget time.Duration) {
	if !e.reached || asked.Sub(e.beat) >= e.patience() {
		e.began = asked
	}
	e.beat, e.failed, e.reached = asked, false, true
	e.leader, e.retry = p.leader, now.Add(p.left)
	if p.memory < e.memory {
		e.expected, e.forgotten = e.live+e.missing, now.Add(forget)
	}
	e.memory = p.memory
	e.live, e.missing = max(p.live, 1), max(p.missing, 0)
	if now.Before(e.forgotten) {
		e.missing = max(e.missing, e.expected-e.live)
	}
	if e.missing >= e.unseen || now.Sub(e.seen) > unsettledFor {
		e.unseen, e.seen = e.missing, now
	}
	if p.outcome == other {
		e.term = 0
		return
	}
	e.term, e.until = p.term, asked.Add(e.lease-e.lease/driftPart)
}

// unsettle notes that any other replica may have been spending until now.
func (e *election) unsettle(others int, now time.Time) {
	if others >= e.unseen {
		e.unseen, e.seen = others, now
	}
}

// hears reports whether this replica has heard an answer to its latest beat: one that
// does not hear must not win.
func (e *election) hears() bool { return e.reached && !e.failed }

// lost notes that a beat was not answered.
func (e *election) lost() { e.failed = true }

// expire forgets a lease that is over, and reports whether it was.
func (e *election) expire(now time.Time) bool {
	if e.term == 0 || e.leads(now) {
		return false
	}
	e.term, e.leader = 0, ""
	return true
}

// vacated notes that whoever led has left.
func (e *election) vacated(now time.Time) {
	if e.term == 0 {
		e.leader, e.retry = "", now
	}
}

// next is when the next beat is due, or something changes by time alone.
func (e *election) next(now time.Time) time.Time {
	due := e.beat.Add(e.interval())
	if e.failed {
		due = now.Add(e.interval() / beatsPerLease)
	}
	if e.term == 0 && !e.failed && e.retry.Before(due) {
		due = e.retry
	}
	if e.term != 0 && e.until.Before(due) {
		due = e.until
	}
	return due
}

// replicas is how many there may be: those that were heard from, this one among them,
// and of the missing ones as many as may spend unseen.
func (e *election) replicas() int { return e.live + min(e.missing, mostUnseen) }

// mayBeUnseen is how many other replicas may spend without this one's knowing.
func (e *election) mayBeUnseen(now time.Time) int {
	if now.Sub(e.seen) > unsettledFor {
		return min(e.missing, mostUnseen)
	}
	return min(e.unseen, mostUnseen)
}
