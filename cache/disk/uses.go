package disk

import (
	"encoding/binary"
	"errors"
	"io/fs"

	"perigee/cache"
)

// usesName is what the uses are saved under, in the folder of the tier: which entries
// were used how often, so that a restart does not make all equal. A file of several
// processes is that of the one that saved last, which costs at most the order of
// eviction.
const usesName = "uses"

// savedUse is the size of the uses of one entry: name, count, last use.
const savedUse = len(name{}) + 2 + 8

// learnUses notes which entries were used elsewhere.
func (s *entries) learnUses() {
	now := s.now()
	for key, uses := range s.uses {
		s.index.use(nameOf(key), uses, now)
	}
}

// loadUses takes up what was saved before a restart.
func (s *entries) loadUses() {
	data, err := (&Store{dir: s.files.dir}).Load(usesName)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.log.Warn("which pages are used most is not known from before the restart", "err", err)
		}
		return
	}
	s.index.mu.Lock()
	defer s.index.mu.Unlock()
	s.index.saved = make(map[name]cache.Uses, len(data)/savedUse)
	for ; len(data) >= savedUse; data = data[savedUse:] {
		rest := data[len(name{}):]
		s.index.saved[name(data[:len(name{})])] = cache.Uses{
			Count: uint32(binary.LittleEndian.Uint16(rest)), Last: int64(binary.LittleEndian.Uint64(rest[2:])),
		}
	}
}

// saveUses saves the uses if there are new ones. That it fails is noted, and tried
// again with the next.
func (s *entries) saveUses() {
	s.learnUses()
	data := s.index.encodeUses()
	if data == nil {
		return
	}
	if err := (&Store{dir: s.files.dir}).Save(usesName, data); err != nil {
		s.health.note(err)
	}
}

// encodeUses returns what saveUses saves, or nil if nothing has changed.
func (x *index) encodeUses() []byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.unsaved {
		return nil
	}
	x.unsaved = false
	data := []byte{}
	for n, e := range x.entries {
		if e.uses.Count > 0 && len(data) <= maxSaved-savedUse {
			data = append(data, n[:]...)
			data = binary.LittleEndian.AppendUint16(data, uint16(e.uses.Count))
			data = binary.LittleEndian.AppendUint64(data, uint64(e.uses.Last))
		}
	}
	return data
}
