package quota

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// savedPool is what a snapshot has of the ledger that replicas share.
type savedPool struct {
	Replica string   `json:"replica"`
	Epoch   string   `json:"epoch"`
	Seq     int64    `json:"seq"`
	Members []string `json:"members"`
	Virgin  bool     `json:"virgin,omitempty"`
	Escrow  int      `json:"escrow"`
	Parts   int      `json:"parts"`
	Known   int      `json:"known"`
	// Told are the slots that the shared ledger knows, and for how long yet.
	Told map[string]time.Duration `json:"told"`
}

func (p *pooled) save(now time.Time) *savedPool {
	if p == nil {
		return nil
	}
	s := &savedPool{
		Replica: p.self, Epoch: p.epoch, Seq: p.seq, Members: slices.Clone(p.members), Virgin: p.virgin,
		Escrow: p.escrow, Parts: p.parts, Known: p.known, Told: make(map[string]time.Duration, len(p.told)),
	}
	for id, until := range p.told {
		s.Told[id] = until.Sub(now)
	}
	return s
}

func (s *savedPool) check() error {
	if s == nil {
		return nil
	}
	for _, n := range []int{s.Escrow + MaxLimit, s.Parts, s.Known, len(s.Members), len(s.Told)} {
		if n < 0 || n > 4*MaxLimit {
			return fmt.Errorf("what is shared out of range: %w", errSnapshot)
		}
	}
	for left := range maps.Values(s.Told) {
		if left < 0 || left > 2*longAgo {
			return fmt.Errorf("what is shared out of range: %w", errSnapshot)
		}
	}
	return nil
}

// own returns what a snapshot has if it is this replica's, else nil.
func (p *pooled) own(s *savedPool) *savedPool {
	if p == nil || s != nil && s.Replica != p.self {
		return nil
	}
	return s
}

// restore goes on from what this replica saved then. If that is nil, it begins as
// one that has never been heard.
func (p *pooled) restore(s *savedPool, then time.Time) {
	if p == nil || s == nil {
		return
	}
	p.epoch, p.seq, p.members, p.virgin = s.Epoch, s.Seq, s.Members, s.Virgin
	p.escrow, p.parts, p.known = s.Escrow, s.Parts, s.Known
	for id, left := range s.Told {
		p.told[id] = then.Add(left)
	}
}

// restoreSlot takes up a slot of the process before this one. What the shared
// ledger does not know of it is told.
func (p *pooled) restoreSlot(s *slot, saved *savedPool, wasOpen bool) {
	if p == nil {
		return
	}
	if s.id == "" {
		p.name(s)
	}
	p.slots[s.id] = s
	told := s.remote || s.absorbed
	if saved != nil && !told {
		_, told = saved.Told[s.id]
	}
	if !told {
		p.untold[s] = struct{}{}
	}
	if wasOpen && !s.remote {
		p.changed[s] = struct{}{}
	}
}
