package valkey

import "sync/atomic"

// counts are what has happened so far.
type counts struct {
	sessions, losses, resubscribed    atomic.Uint64
	refused, full, crowded, declined  atomic.Uint64
	hits, misses, puts, past, damaged atomic.Uint64
	purges, purgesHeard               atomic.Uint64
	led, followed, fenced, leasesLost atomic.Uint64
}

// Stats is the state of a Client and what has happened so far.
type Stats struct {
	// Up reports whether the server is reached.
	Up bool
	// Sessions counts how often it was reached, Losses how often it was lost
	// after that, Resubscribed how often only the subscription broke.
	Sessions, Losses, Resubscribed uint64

	// Refused counts the calls while the server was lost, Full those that it had
	// no room for, Crowded those that got no connection in time, Declined those
	// that it replied to with another error.
	Refused, Full, Crowded, Declined uint64

	// Hits and Misses count the calls of the Tier's Get by their result, Puts the
	// entries that were stored, by Put or by Land, Past those that were not since
	// their last moment had passed, Damaged those that were found damaged.
	Hits, Misses, Puts, Past, Damaged uint64
	// Purges counts the entries deleted by this replica, PurgesHeard those that
	// others have deleted, some of them perhaps twice.
	Purges, PurgesHeard uint64

	// Led and Followed count the calls of Board by their result, Fenced the
	// flights that landed after a later one, LeasesLost those whose lease ran out
	// before they ended.
	Led, Followed, Fenced, LeasesLost uint64
}

// Stats returns the state. It does not ask the server.
func (c *Client) Stats() Stats {
	n := &c.counts
	return Stats{
		Up:       c.session.Load() != nil,
		Sessions: n.sessions.Load(), Losses: n.losses.Load(), Resubscribed: n.resubscribed.Load(),
		Refused: n.refused.Load(), Full: n.full.Load(), Crowded: n.crowded.Load(), Declined: n.declined.Load(),
		Hits: n.hits.Load(), Misses: n.misses.Load(), Puts: n.puts.Load(), Past: n.past.Load(), Damaged: n.damaged.Load(),
		Purges: n.purges.Load(), PurgesHeard: n.purgesHeard.Load(),
		Led: n.led.Load(), Followed: n.followed.Load(), Fenced: n.fenced.Load(), LeasesLost: n.leasesLost.Load(),
	}
}
