package quota

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"
)

// snapshotHead begins every snapshot; the checksum of what follows comes after it.
const snapshotHead = "perigee quota 1 "

// longAgo is as long ago as makes any difference.
const longAgo = 2 * maxPeriod

// errSnapshot says that a snapshot is not what was saved.
var errSnapshot = errors.New("damaged, or of another version")

// snapshot is a budget and what clients spent of it: when it was saved by the
// calendar, and everything else as the time that had passed by then, in
// nanoseconds. A calendar clock that was set anew while the program ran is thus of
// no consequence.
type snapshot struct {
	At       time.Time     `json:"at"`
	Limit    int           `json:"limit"`
	Period   time.Duration `json:"period"`
	Paced    time.Duration `json:"cold"`   // left
	Cooldown time.Duration `json:"closed"` // left
	Foreign  int           `json:"foreign"`
	Learned  time.Duration `json:"learned"`   // ago
	Granted  time.Duration `json:"granted"`   // ago
	AnyGrant bool          `json:"any_grant"` // there was one
	Slots    []savedSlot   `json:"slots"`
	// Reported is how long ago the latest report was asked for; zero: there is none.
	Reported time.Duration `json:"reported,omitempty"`
}

type savedSlot struct {
	Priority Priority         `json:"priority"`
	Open     bool             `json:"open,omitempty"`
	Sent     time.Duration    `json:"sent"`            // ago
	Ended    time.Duration    `json:"ended,omitempty"` // ago
	Lost     bool             `json:"lost,omitempty"`
	Absorbed bool             `json:"absorbed,omitempty"`
	Charges  map[string]int64 `json:"charges,omitempty"`
}

// save returns a snapshot to go on from after a restart. wall is what the calendar
// says now; nil is returned if that is beyond the year 9999, which JSON cannot say.
func (b *budget) save(now, wall time.Time) []byte {
	s := snapshot{
		At: wall.Round(0).UTC(), Limit: b.limit, Period: b.period,
		Paced: max(b.pacedUntil.Sub(now), 0), Cooldown: max(b.cooldown.until.Sub(now), 0),
		Foreign: b.foreign.count, Learned: ago(b.foreign.at, now),
		Granted: ago(b.newest, now), AnyGrant: !b.newest.IsZero(),
	}
	if asked := b.reports.asked; !asked.IsZero() {
		s.Reported = max(ago(asked, now), 1)
	}
	for _, slot := range slices.Concat(b.past, b.open) {
		s.Slots = append(s.Slots, saveSlot(slot, now))
	}
	body, err := json.Marshal(s)
	if err != nil {
		return nil
	}
	return fmt.Appendf(nil, "%s%08x\n%s\n", snapshotHead, crc32.ChecksumIEEE(body), body)
}

func saveSlot(s *slot, now time.Time) savedSlot {
	v := savedSlot{
		Priority: s.priority, Open: s.ended.IsZero() || s.ended.After(now), Sent: ago(s.sent, now),
		Lost: s.lost, Absorbed: s.absorbed,
	}
	if !v.Open {
		v.Ended = ago(s.ended, now)
	}
	for _, c := range s.charges {
		if v.Charges == nil {
			v.Charges = make(map[string]int64, len(s.charges))
		}
		v.Charges[c.client] = c.micro
	}
	return v
}

func ago(t, now time.Time) time.Duration { return min(max(now.Sub(t), 0), longAgo) }

// parseSnapshot reads a snapshot back. Its checksum is right and its numbers make
// sense, or it is an error.
func parseSnapshot(data []byte) (*snapshot, error) {
	head, body, ok := bytes.Cut(data, []byte("\n"))
	body, whole := bytes.CutSuffix(body, []byte("\n"))
	if !ok || !whole || string(head) != fmt.Sprintf("%s%08x", snapshotHead, crc32.ChecksumIEEE(body)) {
		return nil, errSnapshot
	}
	var s snapshot
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, errSnapshot
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return &s, nil
}

func (s *snapshot) check() error {
	bounded := func(d time.Duration) bool { return d >= 0 && d <= longAgo }
	switch {
	case s.Limit < 1 || s.Limit > MaxLimit || s.Foreign < 0 || s.Foreign > maxRequests:
		return fmt.Errorf("counts out of range: %w", errSnapshot)
	case s.Period < time.Second || s.Period > maxPeriod, !bounded(s.Paced), !bounded(s.Cooldown):
		return fmt.Errorf("times out of range: %w", errSnapshot)
	case !bounded(s.Learned), !bounded(s.Granted), !bounded(s.Reported), len(s.Slots) > 4*MaxLimit:
		return fmt.Errorf("slots out of range: %w", errSnapshot)
	}
	for _, v := range s.Slots {
		if !bounded(v.Sent) || !bounded(v.Ended) || v.Sent < v.Ended || v.Priority > Speculative || len(v.Charges) > maxCharged {
			return fmt.Errorf("a slot out of range: %w", errSnapshot)
		}
		for _, micro := range v.Charges {
			if micro < 1 || micro > wholeRequest {
				return fmt.Errorf("a charge out of range: %w", errSnapshot)
			}
		}
	}
	return nil
}

// restore goes on from a snapshot and returns the slots that still count. It comes
// before anything else is asked of the budget, or while that is on standby: what
// was learned then is forgotten, since reports tell of requests that the snapshot
// tells of, too, and would count them twice.
//
// wall is what the calendar says now; if that is before the snapshot was saved, no
// time has passed. That the calendar is not ahead of the truth by more than when it
// was saved has to be assumed; the first report shows it.
//
// Of a snapshot that cannot be read nothing is believed, and since it was saved by
// a program that spent, everything counts as spent, until a report says otherwise
// or a period has passed.
func (b *budget) restore(data []byte, now, wall time.Time) ([]*slot, error) {
	if b.standby {
		fresh := newBudget(b.ceiling, b.period, now) // the ceiling is 0 for auto
		fresh.standby, fresh.following, fresh.hold = true, b.following, b.hold
		*b = *fresh
	}
	s, err := parseSnapshot(data)
	if err == nil && b.auto() && s.Period > mostPeriod {
		err = fmt.Errorf("an unbelievable period: %w", errSnapshot)
	}
	if err != nil {
		b.assumeExhausted(now)
		return nil, fmt.Errorf("restore quota: %w", err)
	}
	down := min(max(wall.Round(0).Sub(s.At), 0), longAgo)
	b.last = now
	if b.auto() {
		b.limit, b.period = s.Limit, s.Period
	}
	slots := b.take(s, now, down, 0)
	b.resume(s, now, down)
	return slots, nil
}

// follow takes over the snapshot of another process that sends, which was saved so
// long ago at least, and returns the slots that still count.
func (b *budget) follow(data []byte, now time.Time, age time.Duration) ([]*slot, error) {
	s, err := parseSnapshot(data)
	if err != nil {
		return nil, err
	}
	age = min(max(age, 0), longAgo)
	fresh := newBudget(b.ceiling, b.period, now)
	fresh.standby, fresh.following, fresh.told = true, true, true
	fresh.hold, fresh.caution = b.hold, b.caution
	if fresh.reports = (reports{}); s.Reported > 0 {
		at := now.Add(-s.Reported - age)
		fresh.reports = reports{asked: at, answered: at}
	}
	// Upstream's report may have lowered the limit of the settings.
	if fresh.limit = s.Limit; fresh.auto() {
		fresh.period = s.Period
	} else {
		fresh.limit = min(s.Limit, b.ceiling)
	}
	*b = *fresh
	slots := b.take(s, now, age, b.hold)
	b.resume(s, now, age)
	return slots, nil
}

// take takes up the slots that still count. One that was under way may end for so
// long yet.
func (b *budget) take(s *snapshot, now time.Time, down, hold time.Duration) (slots []*slot) {
	for _, v := range s.Slots {
		if slot := v.slot(now, down, hold); slot.returns(b.period).After(now) {
			slots = append(slots, slot)
			b.insert(slot)
		}
	}
	return slots
}

// slot is what became of a saved slot. One that was under way counts as spent:
// nobody knows whether upstream counted it, or will.
func (v *savedSlot) slot(now time.Time, down, hold time.Duration) *slot {
	s := &slot{
		priority: v.Priority, dispatched: true, sent: now.Add(-v.Sent - down),
		lost: v.Lost, absorbed: v.Absorbed, ended: now.Add(-v.Ended - down),
	}
	if v.Open {
		s.ended, s.lost, s.absorbed = now.Add(hold), true, false
	}
	s.reserved = s.sent
	for client, micro := range v.Charges {
		s.charges = append(s.charges, charge{client: client, micro: micro})
	}
	slices.SortFunc(s.charges, func(x, y charge) int { return cmp.Compare(x.client, y.client) })
	return s
}

// resume takes over what is not a slot. After a whole period without us the window
// is as unknown to auto as at the first start.
func (b *budget) resume(s *snapshot, now time.Time, down time.Duration) {
	if s.Foreign > 0 {
		b.foreign = foreign{count: s.Foreign, at: now.Add(-s.Learned - down)}
	}
	if s.AnyGrant {
		b.newest = now.Add(-s.Granted - down)
	}
	if left := min(s.Cooldown, b.period+margin) - down; left > 0 {
		b.cooldown = cooldown{at: now, until: now.Add(left)}
	}
	switch {
	case b.auto() && down >= b.period:
		b.pace(now)
	case down < s.Paced:
		b.pacedUntil = now.Add(s.Paced - down)
	default:
		b.pacedUntil = time.Time{}
	}
}
