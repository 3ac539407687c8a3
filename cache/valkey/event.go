package valkey

import "time"

// Kind says what has happened to a flight.
type Kind uint8

const (
	// Left: the request has its slot of the quota and is under way.
	Left Kind = iota
	// Landed: the page is there, for the tier to get.
	Landed
	// Failed: upstream has failed. Whoever asks it again does not get more.
	Failed
	// Over: the flight ended without a result, or nobody can tell. Whoever still
	// wants the page boards again, or goes on alone.
	Over
)

// String returns the name of the kind in lower case.
func (k Kind) String() string {
	switch k {
	case Left:
		return "left"
	case Landed:
		return "landed"
	case Failed:
		return "failed"
	}
	return "over"
}

// Event is what has happened to a flight.
type Event struct {
	Kind Kind
	// Reason and Pause are of one that has Failed: why, and for how long upstream
	// must not be asked.
	Reason string
	Pause  time.Duration
}
