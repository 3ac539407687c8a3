package main

import (
	"context"
	"log/slog"
	"time"

	"perigee/config"
	"perigee/metrics"
	"perigee/proxy/quota"
)

// holdSlack is how much longer a slot of the quota can be held than its fetch may
// take.
const holdSlack = 5 * time.Second

// ledger hands the state of the quota, and the number of windows, to the metrics,
// which are made before gate and handler are: these tell them what they decide.
// Until then there is nothing to tell.
type ledger struct {
	gate *quota.Gate
	off  bool       // the gate counts, but has no limit
	held func() int // windows

	// takeOver waits for another process to leave the quota to this one. It is nil if
	// there is none.
	takeOver func(ctx context.Context)
}

// open makes the gate that the settings describe. It must come before the first
// scrape.
func (l *ledger) open(c *config.Config, s *store, o quota.Observer, log *slog.Logger) (*quota.Gate, error) {
	save, restore := s.keptLedger(log)
	options := quota.Options{
		Limit: c.Quota.Limit, Period: c.Quota.Period, Reserve: c.QuotaReserve, Save: save, Observer: o,
	}
	if s.peers != nil && !c.Offline {
		options.Pool, options.Replica, options.Hold = s.peers.ledger, s.peers.name, fetchTimeout(c)+holdSlack
	}
	spends := !c.Quota.Off && !bool(c.Offline)
	options.Idle = spends && s.peers == nil && s.isElsewhere(log)
	if c.Quota.Off {
		options = quota.Options{Limit: quota.MaxLimit, Period: time.Second, Fanout: quota.MaxLimit, Observer: o}
		restore = func(*quota.Gate) {}
	}
	gate, err := quota.New(options)
	if err != nil {
		return nil, err
	}
	l.gate, l.off = gate, c.Quota.Off
	if !options.Idle {
		restore(gate)
		return gate, nil
	}
	l.takeOver = func(ctx context.Context) {
		if s.awaitOwn(ctx) {
			restore(gate)
			gate.Begin()
			s.elsewhere.Store(false)
			log.Info("the other process has ended: this one goes on with the quota it left")
		}
	}
	return gate, nil
}

func (l *ledger) stats() metrics.QuotaStats {
	if l.gate == nil {
		return metrics.QuotaStats{}
	}
	s := l.gate.Stats()
	m := metrics.QuotaStats{
		Reported: s.Reported, Own: s.Own, Foreign: s.Foreign, Waiting: s.Waiting, Clients: s.Clients,
		Replicas: s.Replicas, Held: s.Held, Alone: s.Alone,
	}
	if s.Known && !l.off {
		m.Limit, m.Period, m.Next = s.Limit, s.Period, s.Next
	}
	return m
}

func (l *ledger) windows() int {
	if l.held == nil {
		return 0
	}
	return l.held()
}

func (l *ledger) clients(n int) []metrics.ClientUse {
	if l.gate == nil {
		return nil
	}
	top := l.gate.TopClients(n)
	uses := make([]metrics.ClientUse, len(top))
	for i, u := range top {
		uses[i] = metrics.ClientUse(u)
	}
	return uses
}
