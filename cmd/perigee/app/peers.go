package app

import (
	"crypto/rand"
	"log/slog"
	"time"

	"perigee/cache"
	"perigee/cache/disk"
	"perigee/cache/valkey"
	"perigee/config"
	"perigee/proxy"
	"perigee/proxy/cluster"
	"perigee/proxy/fetch"
	"perigee/proxy/quota"
)

// purgeSlack is how far the clocks of replicas may be apart for a purge to forget
// what was asked for before it.
const purgeSlack = time.Second

// absentFor is how long a look-up goes without asking the others again for what
// they did not have. When they get it they tell, and a fetch asks in any case.
const absentFor = 5 * time.Second

// peers is what this replica shares with others through Valkey: pages, and the one
// replica that sends upstream requests.
type peers struct {
	client *valkey.Client
	tier   *valkey.Tier
	local  cache.Tier     // what is cached here
	all    *cache.Layered // and there
	hooks  peerHooks
	node   *cluster.Node // nil: this one spends nothing, and asks nobody to
}

// peerHooks are told what other replicas do, once the store has followed.
type peerHooks interface {
	Forget(key string)      // it was purged
	HeardOf(keys ...string) // they were stored
}

// joinPeers layers what is cached here above what all replicas share. It reaches
// for nothing yet.
func joinPeers(c *config.Config, local cache.Tier, name string, log *slog.Logger) (*peers, error) {
	p := &peers{local: local}
	var err error
	p.client, err = valkey.New(valkey.Options{
		URL: c.ValkeyURL.Reveal(), Password: c.ValkeyPassword.Reveal(), CA: c.ValkeyCAs,
		Timeout: c.ValkeyTimeout, Replica: name,
		Namespace: fingerprint(c.UpstreamURL.String()), Logger: log,
	})
	if err != nil {
		return nil, err
	}
	p.tier = valkey.NewTier(p.client, valkey.TierOptions{OnPurge: p.purged, OnStored: p.stored, OnRemembered: p.remembered})
	p.all, err = cache.NewLayered(cache.LayeredOptions{
		Upper: local, Lower: p.tier, Rebuild: fetch.Rebuilder(c.UpstreamURL), NegativeTTL: absentFor,
	})
	return p, err
}

// spend has the replicas spend one quota.
func (p *peers) spend(c *config.Config, record *record, o cluster.Observer) error {
	options := cluster.Options{
		Client: p.client,
		// What was spent with another key is of another quota.
		Quota:   fingerprint(c.UpstreamURL.String(), c.UpstreamToken.Reveal()),
		Reports: c.Quota.Limit == 0, Unlimited: c.Quota.Off,
		Observer: o, Logger: record.log,
	}
	if record.folder != nil && !c.Quota.Off {
		options.Save = func(snapshot []byte) { _ = record.save(snapshot) } // the server has it
		options.Spent = record.exists()
	}
	var err error
	p.node, err = cluster.New(options)
	return err
}

// leader is the part of the replicas that decides which of them sends; nil if there
// is none.
func (p *peers) leader() *cluster.Node {
	if p == nil {
		return nil
	}
	return p.node
}

// status says which replica leads.
func (p *peers) status() cluster.Status {
	if p.node == nil {
		return cluster.Status{}
	}
	return p.node.Status()
}

// start reaches for Valkey. The gate decides what this replica sends, and fetch is
// how it does for others.
func (p *peers) start(hooks peerHooks, gate *quota.Gate, fetch cluster.Fetch) {
	p.hooks = hooks
	if p.node != nil {
		p.node.Start(gate, fetch)
	}
	p.client.Start()
}

// leave hands the lead over, if this replica has it: it fetches for others no more.
func (p *peers) leave() {
	if p != nil && p.node != nil {
		p.node.Close()
	}
}

func (p *peers) close() { p.client.Close() }

// troubles says, in words for operators, what is wrong.
func (p *peers) troubles() []string {
	s := p.status()
	switch {
	case !p.client.Stats().Up && s.Alone:
		return []string{"but Valkey is lost: this replica sends its own requests, within its part of the quota"}
	case !p.client.Stats().Up:
		return []string{"but Valkey is lost: what is not cached here is not fetched"}
	case p.node != nil && s.Leader == "":
		return []string{"but no replica leads: what is not cached is not fetched"}
	}
	return nil
}

// purged forgets what another replica has deleted everywhere.
func (p *peers) purged(key cache.Key, at time.Time) {
	if e, ok := p.local.Get(key); ok {
		if e.Asked.After(at.Add(purgeSlack)) {
			return // it is newer than what was purged
		}
		_ = p.local.Delete(key) // a tier that fails tells that by itself
	}
	p.hooks.Forget(key)
}

// stored takes over what another replica has stored, if there was an older answer
// here. What was not here is fetched when it is asked for.
func (p *peers) stored(key cache.Key) {
	p.all.ForgetMiss(key)
	if _, ok := p.local.Get(key); ok {
		p.all.Newest(key)
	}
	p.hooks.HeardOf(key)
}

// remembered takes note of what others had fetched before this replica came.
func (p *peers) remembered(keys []cache.Key) { p.hooks.HeardOf(keys...) }

// fetching is peers as proxy.Peers.
type fetching struct {
	*cluster.Node
	peers *peers
}

var _ proxy.Peers = fetching{}

// Remember implements proxy.Peers.
func (f fetching) Remember(key string) {
	_ = f.peers.tier.Remember(key) // worth knowing, no more: the client tells what is wrong with it
}

// Newest implements proxy.Peers.
func (f fetching) Newest(key string) (*cache.Entry, bool) { return f.peers.all.Newest(key) }

// nameReplica returns the name that this replica had before, if it keeps its state
// in a folder that it has for itself, or a new one. owned tells that the folder is
// its own: of two processes on one folder only the first keeps its state there.
func nameReplica(state *disk.Store, log *slog.Logger) (name string, owned bool) {
	if state == nil {
		return rand.Text(), false
	}
	if owned, err := state.TryLock(); err != nil || !owned {
		log.Warn("another process keeps its state in the data folder: this one does without", "err", err)
		return rand.Text(), false
	}
	if saved, err := state.Load(replicaName); err == nil && len(saved) > 0 {
		return string(saved), true
	}
	name = rand.Text()
	if err := state.Save(replicaName, []byte(name)); err != nil {
		log.Warn("this replica will have another name after a restart", "err", err)
	}
	return name, true
}
