package app

import (
	"context"
	"sync/atomic"
	"time"

	"perigee/config"
	"perigee/proxy/cluster"
	"perigee/proxy/quota"
)

// holdSlack is how much longer a slot of the quota can be held than its fetch may
// take.
const holdSlack = 5 * time.Second

// gate is the quota that the settings describe.
type gate struct {
	*quota.Gate
	record  *record
	standby atomic.Bool // while another process has the record
}

// newGate makes the gate, and restores what is spent unless another process has the
// record of that. If there are replicas, node decides when this one spends. A fetch
// takes fetchTimeout at most.
func newGate(c *config.Config, record *record, node *cluster.Node, fetchTimeout time.Duration, o quota.Observer) (*gate, error) {
	options := quota.Options{Limit: c.Quota.Limit, Period: c.Quota.Period, Reserve: c.QuotaReserve, Observer: o}
	g := &gate{record: record}
	if c.Quota.Off { // it counts, but has no limit
		options = quota.Options{Limit: quota.MaxLimit, Period: time.Second, Fanout: quota.MaxLimit, Observer: o}
		g.record = newRecord(nil, false, record.log)
	}
	if g.record.folder != nil {
		options.Save = func(snapshot []byte) error { _ = record.save(snapshot); return nil } // then it goes on from memory
	}
	spends := !c.Quota.Off && !c.Offline
	g.record.shared = node != nil
	switch {
	case node != nil:
		options.Standby, options.Hold = true, fetchTimeout+holdSlack
		if spends {
			options.Save = node.Save
		}
	case spends && g.record.isTaken():
		record.log.Warn("another process has the data folder: until it ends, this one answers from what is cached and fetches nothing")
		g.standby.Store(true)
		options.Standby = true
	}
	var err error
	if g.Gate, err = quota.New(options); err == nil && spends && !g.standby.Load() {
		g.record.restore(g.Gate)
	}
	return g, err
}

// takeOver waits, if another process has the record, until that has ended or ctx has.
func (g *gate) takeOver(ctx context.Context) {
	if !g.standby.Load() || !g.record.lock(ctx) {
		return
	}
	g.record.restore(g.Gate)
	g.Activate()
	g.standby.Store(false)
	g.record.log.Info("the other process has ended: this one goes on with the quota it left")
}

// troubles says, in words for operators, why nothing is spent.
func (g *gate) troubles() []string {
	if g.standby.Load() {
		return []string{"but another process has the data folder: nothing is fetched here until it ends"}
	}
	return g.record.trouble()
}
