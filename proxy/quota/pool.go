package quota

import "errors"

// Pool keeps the ledger that replicas share. It is asked by letter, one at a time,
// and may be away: then each replica spends what it holds in escrow, and no more.
type Pool interface {
	// Exchange hands in a letter and returns the answer. It takes no longer than a
	// moment. The error is ErrUnsent if the letter was certainly not read; after
	// any other it may have been.
	Exchange(Letter) (Answer, error)
	// News has a token when there is something new to ask for.
	News() <-chan struct{}
}

// ErrUnsent is the error of an Exchange that has changed nothing.
var ErrUnsent = errors.New("quota: the shared ledger cannot be reached")

// Letter is what a replica tells the ledger that all share, and asks of it. Times
// are milliseconds, counted back from when it was written: no two clocks need
// agree.
type Letter struct {
	Replica string `json:"replica"`
	// Epoch and Seq are up to what the replica knows the ledger.
	Epoch string `json:"epoch"`
	Seq   int64  `json:"seq"`
	// Found is the epoch to begin if there is no ledger.
	Found string `json:"found,omitempty"`
	// Whole tells that Slots and Members are all that the replica knows.
	Whole   bool     `json:"whole,omitempty"`
	Members []string `json:"members,omitempty"`

	// Span is how long a slot counts after its end, Hold how long after it was
	// taken it has ended for certain.
	Span int64 `json:"span"`
	Hold int64 `json:"hold"`
	// Slots are those that are new, or have ended.
	Slots []SharedSlot `json:"slots,omitempty"`
	// Gone are the slots that do not count any more: nothing was sent.
	Gone   []string       `json:"gone,omitempty"`
	Report *SharedReport  `json:"report,omitempty"`
	Closed *SharedClosure `json:"closed,omitempty"`
	// Asked are the clients that asked for something since the last letter, Heard
	// is up to when, by the ledger's clock, the replica knows who asked elsewhere.
	Asked []string `json:"asked,omitempty"`
	Heard int64    `json:"heard"`

	// Room is how many requests may be spent by all: the limit without what others
	// than the replicas spend.
	Room int `json:"room"`
	// Least, Base and Parts are the escrow that the replica goes by from now on,
	// Most is what it would like to have instead, Known how many slots it and the
	// ledger both know. See pooled.
	Least int `json:"least"`
	Base  int `json:"base"`
	Parts int `json:"parts"`
	Most  int `json:"most"`
	Known int `json:"known"`
	// Take is the slot that the replica wants, if it knows the ledger as it is.
	Take *SharedSlot `json:"take,omitempty"`
	// Leave takes leave: the replica holds nothing in escrow from now on.
	Leave bool `json:"leave,omitempty"`
}

// SharedSlot is a slot as replicas tell each other of it. In a Letter times are
// ages, in an Answer they are of the ledger's clock, both in milliseconds.
type SharedSlot struct {
	ID       string           `json:"id"`
	Priority Priority         `json:"p"`
	Reserved int64            `json:"r"`
	Ended    *int64           `json:"e,omitempty"` // nil: it is under way
	Lost     bool             `json:"l,omitempty"`
	Charges  map[string]int64 `json:"c,omitempty"`
}

// SharedReport is a report of upstream's with who asked for it and when.
type SharedReport struct {
	From     string `json:"from"`
	Asked    int64  `json:"asked"`
	Answered int64  `json:"answered"`
	Limit    int    `json:"limit"`
	Period   int64  `json:"period"`
	Used     int    `json:"used"`
	Next     int64  `json:"next"`
}

// SharedClosure is a 429 of upstream's. In a Letter At is an age and Until what is
// left; in an Answer both are of the ledger's clock.
type SharedClosure struct {
	From  string `json:"from"`
	At    int64  `json:"at"`
	Until int64  `json:"until"`
}

// Word is what the ledger says to a letter as a whole.
type Word string

// The words.
const (
	Read     Word = "read"     // it was carried out
	Empty    Word = "empty"    // there is no ledger: tell everything, and found one
	Stranger Word = "stranger" // it is another ledger than the replica knows: tell everything
)

// Verdict is why a slot was not to be had.
type Verdict string

// The verdicts.
const (
	Behind   Verdict = "behind"   // the replica did not know the ledger as it is
	Settling Verdict = "settling" // others have yet to hear of the latest, in a moment
	Unheard  Verdict = "unheard"  // a replica has not told yet what it knows: spend your escrow
	Held     Verdict = "held"     // what is left is held in escrow for replicas that are away
)

// Answer is what the ledger says to a Letter. Times are milliseconds of its clock.
type Answer struct {
	Word  Word   `json:"word"`
	Now   int64  `json:"now"`
	Epoch string `json:"epoch"`
	Seq   int64  `json:"seq"`
	// Slots are those that are new to the replica, or all if Whole.
	Whole  bool           `json:"whole"`
	Slots  []SharedSlot   `json:"slots"`
	Report *SharedReport  `json:"report"`
	Closed *SharedClosure `json:"closed"`
	Asked  []string       `json:"asked"`
	// Members are all replicas. Unheard of them have yet to tell what they know,
	// and for those that are Away so many slots are Held.
	Members []string `json:"members"`
	Unheard int      `json:"unheard"`
	Away    int      `json:"away"`
	Held    int      `json:"held"`
	// Escrow, Base and Parts are what the replica holds in escrow.
	Escrow int `json:"escrow"`
	Base   int `json:"base"`
	Parts  int `json:"parts"`
	// Taken tells that the slot was given, Verdict why not.
	Taken   bool    `json:"taken"`
	Verdict Verdict `json:"verdict"`
}
