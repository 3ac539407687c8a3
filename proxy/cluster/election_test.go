package cluster

import (
	"testing"
	"time"
)

// noon is when a replica starts.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return noon.Add(d) }

const (
	testLease = 5 * time.Second
	period    = time.Hour
)

// A lease ends by the clock of its holder before it does by the server's, however
// late the answer comes.
func TestLeaseEnds(t *testing.T) {
	for _, tt := range []struct {
		name     string
		answered time.Duration // when the beat that was sent at noon was
		at       time.Duration
		leads    bool
	}{
		{"at once", time.Millisecond, time.Millisecond, true},
		{"almost over", time.Millisecond, 4749 * time.Millisecond, true},
		{"over, with a part for drift", time.Millisecond, 4750 * time.Millisecond, false},
		{"answered late", 4 * time.Second, 4749 * time.Millisecond, true},
		{"counted from when it was asked for", 4 * time.Second, 4750 * time.Millisecond, false},
		{"answered when it was over", 6 * time.Second, 6 * time.Second, false},
	} {
		e := newElection(testLease, noon)
		e.answered(pulse{outcome: won, term: 7, leader: "me", left: testLease}, noon, after(tt.answered), period)
		if got := e.leads(after(tt.at)); got != tt.leads {
			t.Errorf("%s: leads %t, want %t", tt.name, got, tt.leads)
		}
		if got := e.expire(after(tt.at)); got == tt.leads {
			t.Errorf("%s: expired %t", tt.name, got)
		}
	}
}

// Whoever is told that another replica leads does no more.
func TestLeaseIsLost(t *testing.T) {
	e := newElection(testLease, noon)
	e.answered(pulse{outcome: won, term: 7, leader: "me", left: testLease}, noon, noon, period)
	e.answered(pulse{outcome: other, term: 8, leader: "other", left: testLease}, after(time.Second), after(time.Second), period)
	if e.leads(after(time.Second)) || !e.hasLeader(after(time.Second)) || e.leader != "other" {
		t.Errorf("got %+v, want that the other one leads", e)
	}
}

// A replica goes alone when whoever leads must know by then that it is missing.
func TestDeserted(t *testing.T) {
	e := newElection(testLease, noon)
	e.answered(pulse{outcome: other, leader: "other", left: time.Second, live: 3}, after(time.Minute), after(time.Minute), period)
	e.lost()
	silent := silentBeats * testLease / beatsPerLease
	for _, tt := range []struct {
		at   time.Duration
		want bool
	}{
		{silent, false}, {testLease, false}, {testLease + e.interval() - 1, false}, {testLease + e.interval(), true},
	} {
		if got := e.deserted(after(time.Minute + tt.at)); got != tt.want {
			t.Errorf("%v after it was heard: deserted %t", tt.at, got)
		}
	}
	if e.replicas() != 3 {
		t.Errorf("it knows %d replicas, want 3", e.replicas())
	}
	stranger := newElection(testLease, noon)
	if stranger.replicas() != strangers {
		t.Errorf("who knows nobody assumes %d replicas", stranger.replicas())
	}
}

// How many replicas may spend unseen: those that are missing, and for a while those
// that were, three at most; and those that a server has forgotten.
func TestUnseen(t *testing.T) {
	type beat struct {
		at            time.Duration
		live, missing int
		memory        time.Duration
	}
	for _, tt := range []struct {
		name  string
		beats []beat
		at    time.Duration
		want  int
	}{
		{"nobody", []beat{{0, 3, 0, time.Hour}}, time.Second, 0},
		{"one is missing", []beat{{0, 2, 1, time.Hour}}, time.Minute, 1},
		{"five are", []beat{{0, 2, 5, time.Hour}}, time.Minute, mostUnseen},
		{"one is back", []beat{{0, 2, 1, time.Hour}, {time.Second, 3, 0, time.Hour}}, 5 * time.Second, 1},
		{"and has settled", []beat{{0, 2, 1, time.Hour}, {time.Second, 3, 0, time.Hour}}, 20 * time.Second, 0},
		{"the server has forgotten one", []beat{{0, 2, 1, time.Hour}, {time.Second, 2, 0, 0}}, time.Minute, 1},
		{"all are there after it has", []beat{{0, 3, 0, time.Hour}, {time.Second, 3, 0, 0}}, time.Minute, 0},
		{"a period later", []beat{{0, 2, 1, time.Hour}, {time.Second, 2, 0, 0}, {2 * period, 2, 0, 2 * period}}, 2*period + time.Minute, 0},
	} {
		e := newElection(testLease, noon)
		for _, b := range tt.beats {
			p := pulse{outcome: other, leader: "other", live: b.live, missing: b.missing, memory: b.memory}
			e.answered(p, after(b.at), after(b.at), period)
		}
		if got := e.mayBeUnseen(after(tt.at)); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// When the next beat is due.
func TestNextBeat(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(e *election)
		want time.Duration
	}{
		{"a fifth of the lease later", func(e *election) {
			e.answered(pulse{outcome: won, term: 7, leader: "me", left: testLease}, noon, noon, period)
		}, time.Second},
		{"when the lease of another may be over", func(e *election) {
			e.answered(pulse{outcome: other, leader: "other", left: 300 * time.Millisecond}, noon, noon, period)
		}, 300 * time.Millisecond},
		{"at once if nobody leads", func(e *election) {
			e.answered(pulse{outcome: other, leader: "other", left: testLease}, noon, noon, period)
			e.vacated(noon)
		}, 0},
		{"soon, if it was not answered", func(e *election) { e.lost() }, 200 * time.Millisecond},
	} {
		e := newElection(testLease, noon)
		tt.do(&e)
		if got := e.next(noon).Sub(noon); got != tt.want {
			t.Errorf("%s: due after %v, want %v", tt.name, got, tt.want)
		}
	}
}
