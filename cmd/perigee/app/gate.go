package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"perigee/config"
	"perigee/proxy/quota"
)

// holdSlack is how much longer a slot of the quota can be held than its fetch may
// take.
const holdSlack = 5 * time.Second

// newGate makes the gate that the settings describe. If another process has the
// record of what is spent, takeOver waits for it to leave the quota to this one;
// otherwise takeOver is nil.
func newGate(c *config.Config, s *store, o quota.Observer, log *slog.Logger) (gate *quota.Gate, takeOver func(ctx context.Context), err error) {
	if c.Quota.Off { // the gate counts, but has no limit
		gate, err = quota.New(quota.Options{Limit: quota.MaxLimit, Period: time.Second, Fanout: quota.MaxLimit, Observer: o})
		return gate, nil, err
	}
	save, restore := s.keptLedger(log)
	options := quota.Options{
		Limit: c.Quota.Limit, Period: c.Quota.Period, Reserve: c.QuotaReserve, Save: save, Observer: o,
		Standby: !bool(c.Offline) && s.peers == nil && s.isElsewhere(log),
	}
	if s.peers != nil && !c.Offline {
		options.Pool, options.Replica, options.Hold = s.peers.ledger, s.peers.name, fetchTimeout(c)+holdSlack
	}
	if gate, err = quota.New(options); err != nil {
		return nil, nil, err
	}
	if !options.Standby {
		restore(gate)
		return gate, nil, nil
	}
	return gate, func(ctx context.Context) {
		if s.awaitOwn(ctx) {
			restore(gate)
			gate.Activate()
			s.elsewhere.Store(false)
			log.Info("the other process has ended: this one goes on with the quota it left")
		}
	}, nil
}

// keptLedger has the ledger of the quota survive restarts, if there is where to
// keep it: save keeps snapshots, and restore brings the last one back.
func (s *store) keptLedger(log *slog.Logger) (save func([]byte), restore func(*quota.Gate)) {
	if s.spent == nil {
		return nil, func(*quota.Gate) {}
	}
	save = func(snapshot []byte) {
		if err := s.spent.Save(ledgerName, snapshot); err != nil {
			log.Warn("what is spent of the quota was not saved", "error", err)
		}
	}
	return save, func(gate *quota.Gate) {
		snapshot, err := s.spent.Load(ledgerName)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		// A file that is damaged leaves no snapshot, which is a damaged one too.
		if err := errors.Join(err, gate.Restore(snapshot)); err != nil {
			log.Warn("what was spent of the quota is not known: all of it counts as spent until a report", "error", err)
		}
	}
}
