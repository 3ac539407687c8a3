package quota

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
)

// snapshotHead begins every snapshot; the checksum of what follows comes after it.
const snapshotHead = "perigee quota 1 "

// errSnapshot says that a snapshot is not what was saved.
var errSnapshot = errors.New("damaged, or of another version")

// saved is a snapshot: when it was made by the calendar, and everything else as
// the time that had passed by then, in nanoseconds. A calendar clock that was set
// anew while the program ran is thus of no consequence.
type saved struct {
	At       time.Time     `json:"at"`
	Limit    int           `json:"limit"`
	Period   time.Duration `json:"period"`
	Cold     time.Duration `json:"cold"`   // left
	Closed   time.Duration `json:"closed"` // left
	Foreign  int           `json:"foreign"`
	Learned  time.Duration `json:"learned"`   // ago
	Granted  time.Duration `json:"granted"`   // ago
	AnyGrant bool          `json:"any_grant"` // there was one
	Slots    []savedSlot   `json:"slots"`
	Pool     *savedPool    `json:"pool,omitempty"`
}

type savedSlot struct {
	ID       string           `json:"id,omitempty"`
	Remote   bool             `json:"remote,omitempty"`
	Priority Priority         `json:"priority"`
	Open     bool             `json:"open,omitempty"`
	Sent     time.Duration    `json:"sent"`            // ago
	Ended    time.Duration    `json:"ended,omitempty"` // ago
	Lost     bool             `json:"lost,omitempty"`
	Absorbed bool             `json:"absorbed,omitempty"`
	Charges  map[string]int64 `json:"charges,omitempty"`
}

// snapshot is the state to go on from after a restart. wall is what the calendar
// says now; nil is returned if that is beyond the year 9999, which JSON cannot say.
func (b *broker) snapshot(now, wall time.Time) []byte {
	now = b.advance(now)
	l := b.ledger
	s := saved{
		At: wall.Round(0).UTC(), Limit: l.limit, Period: l.period,
		Cold: max(l.coldUntil.Sub(now), 0), Closed: max(l.closure.until.Sub(now), 0),
		Foreign: l.foreign.count, Learned: ago(l.foreign.at, now),
		Granted: ago(l.lastGrant, now), AnyGrant: !l.lastGrant.IsZero(),
	}
	for _, slot := range l.past {
		s.Slots = append(s.Slots, saveSlot(slot, now))
	}
	for _, slot := range l.open {
		s.Slots = append(s.Slots, saveSlot(slot, now))
	}
	if l.pool != nil {
		s.Pool = l.pool.save(now)
	}
	body, err := json.Marshal(s)
	if err != nil {
		return nil
	}
	return fmt.Appendf(nil, "%s%08x\n%s\n", snapshotHead, crc32.ChecksumIEEE(body), body)
}

func saveSlot(s *slot, now time.Time) savedSlot {
	v := savedSlot{
		ID: s.id, Remote: s.remote,
		Priority: s.priority, Open: s.ended.IsZero(), Sent: ago(s.sent, now),
		Lost: s.lost, Absorbed: s.absorbed,
	}
	if !v.Open {
		v.Ended = ago(s.ended, now)
	}
	for _, c := range s.charges {
		if v.Charges == nil {
			v.Charges = make(map[string]int64, len(s.charges))
		}
		v.Charges[c.client] = c.parts
	}
	return v
}

// longAgo is as long ago as makes any difference.
const longAgo = 2 * maxPeriod

func ago(t, now time.Time) time.Duration { return min(max(now.Sub(t), 0), longAgo) }

// parseSnapshot reads a snapshot back. Its checksum is right and its numbers make
// sense, or it is an error.
func parseSnapshot(data []byte) (*saved, error) {
	head, body, ok := bytes.Cut(data, []byte("\n"))
	body, whole := bytes.CutSuffix(body, []byte("\n"))
	if !ok || !whole || string(head) != fmt.Sprintf("%s%08x", snapshotHead, crc32.ChecksumIEEE(body)) {
		return nil, errSnapshot
	}
	var s saved
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, errSnapshot
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return &s, nil
}

func (s *saved) check() error {
	bounded := func(d time.Duration) bool { return d >= 0 && d <= longAgo }
	switch {
	case s.Limit < 1 || s.Limit > MaxLimit || s.Foreign < 0 || s.Foreign > maxRequests:
		return fmt.Errorf("counts out of range: %w", errSnapshot)
	case s.Period < time.Second || s.Period > maxPeriod, !bounded(s.Cold), !bounded(s.Closed):
		return fmt.Errorf("times out of range: %w", errSnapshot)
	case !bounded(s.Learned), !bounded(s.Granted), len(s.Slots) > 4*MaxLimit:
		return fmt.Errorf("slots out of range: %w", errSnapshot)
	}
	for _, v := range s.Slots {
		if !bounded(v.Sent) || !bounded(v.Ended) || v.Sent < v.Ended || v.Priority > Speculative || len(v.Charges) > maxCharged {
			return fmt.Errorf("a slot out of range: %w", errSnapshot)
		}
		for _, parts := range v.Charges {
			if parts < 1 || parts > unit {
				return fmt.Errorf("a charge out of range: %w", errSnapshot)
			}
		}
	}
	return s.Pool.check()
}
