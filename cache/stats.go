package cache

// Stats is what a Memory holds and what has happened in it so far. All numbers
// belong to one moment, but for Hits and Misses, which go on while the others
// are read.
type Stats struct {
	// Entries is how many entries can be got, Bytes what they cost together
	// (see Entry.Cost), MaxBytes what they may cost.
	Entries         int
	Bytes, MaxBytes int64
	// PinnedEntries is how many of the entries are among the latest, which are
	// held whatever else happens, and PinnedBytes what those cost.
	PinnedEntries int
	PinnedBytes   int64

	// Hits and Misses count the calls of Get by their result.
	Hits, Misses uint64
	// Dropped counts the entries that Ristretto's full write buffer turned
	// away, Rejected those that its admission policy did, TooLarge those that
	// it was not offered since they would push out too much else. All of them
	// are held as long as they are pinned.
	Dropped, Rejected, TooLarge uint64
	// Evicted counts the entries that were let go to make room for others.
	// Replaced and deleted entries are not among them.
	Evicted uint64
}

// Stats returns the state of the cache. It waits for a Put under way, but never
// holds up a Get. After Close nothing is held any more and the counts stay.
func (m *Memory) Stats() Stats {
	m.life.RLock()
	defer m.life.RUnlock()
	m.write.Lock()
	defer m.write.Unlock()
	s := m.counts
	s.Hits, s.Misses = m.hits.Load(), m.misses.Load()
	s.MaxBytes = m.maxBytes
	s.Entries, s.Bytes = len(m.hot.residents), m.hot.bytes
	for _, p := range m.ring.all() {
		s.PinnedEntries++
		s.PinnedBytes += p.cost
		if !m.hot.holds(p.entry.Key) {
			s.Entries++
			s.Bytes += p.cost
		}
	}
	return s
}
