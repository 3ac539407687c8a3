package quota

// Priority is what a fetch is worth: the lower the value, the sooner its turn.
type Priority uint8

// The priorities, most urgent first.
const (
	// Waiting is a client that waits for a page nobody holds. Only it may use the
	// reserve.
	Waiting Priority = iota
	// Holding is a client that holds, or can be given, a stale answer.
	Holding
	// Refresh is background work for a page that is asked for.
	Refresh
	// Speculative is everything else.
	Speculative
)

// String returns the name that observers are told.
func (p Priority) String() string {
	switch p {
	case Waiting:
		return "waiting"
	case Holding:
		return "holding"
	case Refresh:
		return "refresh"
	}
	return "speculative"
}

// background tells that no client is there for whom the fetch is made.
func (p Priority) background() bool { return p >= Refresh }
