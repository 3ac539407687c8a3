package disk

// Stats is what a Tier holds and what has happened in it so far.
type Stats struct {
	// Entries is how many files there are, as far as is known, Bytes what they
	// take, in whole blocks, MaxBytes what they may take. Others may share the
	// folder: what they do is known within the hour.
	Entries         int
	Bytes, MaxBytes int64
	// Complete is false after a start, until all files have been looked at.
	// Entries and Bytes still grow then, and nothing is evicted.
	Complete bool

	// Hits and Misses count the calls of Get by their result, Puts those of Put
	// that returned nil.
	Hits, Misses, Puts uint64
	// Evicted counts the entries that were removed to make room for others,
	// Damaged the files that were set aside.
	Evicted, Damaged uint64

	// What was wrong with the medium, in calls: no room, no permission to write,
	// the folder gone, no answer in time, and everything else.
	Full, ReadOnly, Vanished, Slow, OtherFaults uint64
	// Unhealthy says what was wrong last. If empty, nothing was, or a Put has
	// succeeded since.
	Unhealthy string
}

// Stats returns the state of the tier. It does not wait for the medium.
func (t *Tier) Stats() Stats {
	counts, unhealthy := t.faults.state()
	s := Stats{
		MaxBytes: t.opts.MaxBytes,
		Hits:     t.counts.hits.Load(), Misses: t.counts.misses.Load(), Puts: t.counts.puts.Load(),
		Evicted: t.counts.evicted.Load(), Damaged: t.counts.damaged.Load(),
		Full: counts[full], ReadOnly: counts[readOnly], Vanished: counts[vanished],
		Slow: counts[slow], OtherFaults: counts[other],
		Unhealthy: unhealthy,
	}
	t.index.mu.Lock()
	defer t.index.mu.Unlock()
	s.Entries, s.Bytes, s.Complete = len(t.index.known), t.index.bytes, t.index.complete
	return s
}
