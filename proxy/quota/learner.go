package quota

import (
	"context"
	"time"
)

// Learn takes a report that was asked for and answered at these times. It reports
// whether the report was of use. With a fixed limit, a report with the same period
// tells what others spend and can lower the limit; any other is ignored. Whoever
// learns one report must go on as AwaitReport asks: the gate counts on it.
func (g *Gate) Learn(r Report, asked, answered time.Time) bool {
	var used bool
	g.change(func(b *broker, now time.Time) { used = b.learn(r, asked, answered, now) })
	g.keep()
	return used
}

// ReportFailed tells that a report was asked for and none came. Nobody waits for
// it then.
func (g *Gate) ReportFailed() {
	g.change(func(b *broker, now time.Time) { b.unreadable(now) })
}

// AwaitReport returns when a report should be asked for: at the start, every
// minute while requests are spent, before the first after a pause, and after a
// 429; never more often than every ten seconds. Answer it with Learn or
// ReportFailed. Only one goroutine may wait. The error is that of ctx.
func (g *Gate) AwaitReport(ctx context.Context) error {
	for ctx.Err() == nil {
		timer, due := g.untilDue()
		if due {
			return nil
		}
		select {
		case <-timer:
		case <-g.poke:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// untilDue reports whether a report is due, or returns what to wait for: nil if
// none is in sight.
func (g *Gate) untilDue() (<-chan time.Time, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.broker.advance(time.Now())
	due := g.broker.due(now)
	switch {
	case due.IsZero():
		return nil, false
	case due.After(now):
		return time.After(due.Sub(now)), false
	}
	g.broker.ledger.learned.tried(now)
	return nil, true
}
