package app

import (
	"context"
	"sync/atomic"
	"time"

	"perigee/config"
	"perigee/proxy/quota"
)

// gate is the quota that the settings describe.
type gate struct {
	*quota.Gate
	record  record
	standby atomic.Bool // while another process has the record
}

// newGate makes the gate, and restores what is spent unless another process has the
// record of that. A fetch takes fetchTimeout at most.
func newGate(c *config.Config, record record, p *peers, fetchTimeout time.Duration, o quota.Observer) (*gate, error) {
	options := quota.Options{Limit: c.Quota.Limit, Period: c.Quota.Period, Reserve: c.QuotaReserve, Observer: o}
	g := &gate{record: record}
	if c.Quota.Off { // it counts, but has no limit
		options = quota.Options{Limit: quota.MaxLimit, Period: time.Second, Fanout: quota.MaxLimit, Observer: o}
		g.record.folder = nil
	}
	if g.record.folder != nil {
		options.Save = record.save
	}
	if spends := !c.Quota.Off && !c.Offline; spends && p == nil && g.record.isTaken() {
		record.log.Warn("another process has the data folder: until it ends, this one answers from what is cached and fetches nothing")
		g.standby.Store(true)
		options.Standby = true
	}
	if p != nil && !c.Quota.Off && !c.Offline {
		p.share(&options, fetchTimeout)
	}
	var err error
	if g.Gate, err = quota.New(options); err == nil && !options.Standby {
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
	return nil
}
