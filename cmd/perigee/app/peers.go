package app

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"perigee/cache"
	"perigee/cache/disk"
	"perigee/cache/valkey"
	"perigee/config"
	"perigee/proxy"
	"perigee/proxy/fetch"
	"perigee/proxy/quota"
)

// purgeSlack is how far the clocks of replicas may be apart for a purge to forget
// what was asked for before it.
const purgeSlack = time.Second

// absentFor is how long a look-up goes without asking the others again for what
// they did not have. When they get it they tell, and a fetch asks in any case.
const absentFor = 5 * time.Second

// holdSlack is how much longer a slot of the quota can be held than its fetch may
// take.
const holdSlack = 5 * time.Second

// peers is what this replica shares with others through Valkey.
type peers struct {
	client *valkey.Client
	ledger *valkey.Ledger
	name   string         // of this replica
	local  cache.Tier     // what is held here
	all    *cache.Layered // and there
	hooks  peerHooks
}

// peerHooks are told what other replicas do, once the store has followed.
type peerHooks interface {
	Forget(key string)      // it was purged
	HeardOf(keys ...string) // they were stored
}

var _ proxy.Peers = (*peers)(nil)

// joinPeers layers what is held here above what all replicas share. It reaches
// for nothing yet.
func joinPeers(c *config.Config, local cache.Tier, name string, log *slog.Logger) (*peers, error) {
	p := &peers{local: local, name: name}
	var err error
	p.client, err = valkey.New(valkey.Options{
		URL: c.ValkeyURL.Reveal(), Password: c.ValkeyPassword.Reveal(), CA: c.ValkeyCAs,
		Timeout: c.ValkeyTimeout, Replica: name,
		Namespace: fingerprint(c.UpstreamURL.String()), Logger: log,
		OnPurge: p.purged, OnLanded: p.landed, OnRemembered: p.remembered,
	})
	if err != nil {
		return nil, err
	}
	// What was spent with another key is of another quota.
	p.ledger, err = p.client.Ledger(fingerprint(c.UpstreamURL.String(), c.UpstreamToken.Reveal()))
	if err != nil {
		return nil, err
	}
	p.all, err = cache.NewLayered(cache.LayeredOptions{
		Upper: local, Lower: p.client.Tier(), Rebuild: fetch.Rebuilder(c.UpstreamURL), NegativeTTL: absentFor,
	})
	return p, err
}

// start reaches for Valkey.
func (p *peers) start(hooks peerHooks) {
	p.hooks = hooks
	p.client.Start()
}

func (p *peers) close() { p.client.Close() }

// troubles says, in words for operators, what is wrong.
func (p *peers) troubles() []string {
	if p.client.Stats().Up {
		return nil
	}
	return []string{"but Valkey is lost: this replica goes on by itself, with its own part of the quota"}
}

// share has the gate of these options spend from the quota that replicas share. A
// fetch takes fetchTimeout at most.
func (p *peers) share(options *quota.Options, fetchTimeout time.Duration) {
	options.Pool, options.Replica, options.Hold = p.ledger, p.name, fetchTimeout+holdSlack
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

// landed takes over what another replica has fetched, if this one held an older
// answer. What it does not hold it takes when it is asked for.
func (p *peers) landed(key cache.Key) {
	p.all.ForgetMiss(key)
	if _, ok := p.local.Get(key); ok {
		p.all.Newest(key)
	}
	p.hooks.HeardOf(key)
}

// remembered takes note of what others had fetched before this replica came.
func (p *peers) remembered(keys []cache.Key) { p.hooks.HeardOf(keys...) }

// Remember implements proxy.Peers.
func (p *peers) Remember(key string) {
	_ = p.client.Remember(key) // worth knowing, no more: the client tells what is wrong with it
}

// Renew implements proxy.Peers.
func (p *peers) Renew(key string) (*cache.Entry, bool) { return p.all.Newest(key) }

// Board implements proxy.Peers.
func (p *peers) Board(ctx context.Context, key string, who []quota.Waiter) (fetch.Lease, fetch.Follow, error) {
	lease, follow, err := p.client.Board(ctx, key, who)
	switch {
	case err != nil:
		return nil, nil, err
	case lease != nil:
		return lease, nil, nil
	}
	return nil, following{follow}, nil
}

// following is a flight of another replica, in the words of proxy.
type following struct{ *valkey.Follow }

// Next implements fetch.Follow.
func (f following) Next(ctx context.Context) (fetch.PeerEvent, error) {
	e, err := f.Follow.Next(ctx)
	if err != nil {
		return fetch.PeerEvent{}, err
	}
	kinds := map[valkey.Kind]fetch.PeerEventKind{
		valkey.Left: fetch.PeerLeft, valkey.Landed: fetch.PeerLanded, valkey.Failed: fetch.PeerFailed, valkey.Over: fetch.PeerOver,
	}
	return fetch.PeerEvent{Kind: kinds[e.Kind], Reason: e.Reason, Pause: e.Pause}, nil
}

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
