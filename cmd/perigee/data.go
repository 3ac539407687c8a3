package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"

	"perigee/cache"
	"perigee/cache/disk"
	"perigee/config"
	"perigee/metrics"
	"perigee/proxy"
	"perigee/proxy/quota"
)

// Folders within that of an upstream, and names of what is kept in that of the state.
const (
	pagesFolder  = "pages"
	stateFolder  = "state"
	holdersName  = "holders"  // of what the server has stored
	importedName = "imported" // of what was imported
	spentFolder  = "quota"    // with a fingerprint of the key, if there is one: it has a quota of its own
	ledgerName   = "ledger"
)

// upstreamFolder is where in the data folder all is kept that is of one upstream:
// what another has answered must not be given in its name.
func upstreamFolder(c *config.Config) string {
	return filepath.Join(c.DataDir, c.UpstreamURL.Scheme+"-"+url.QueryEscape(strings.ToLower(c.UpstreamURL.Host)))
}

// store is where answers are held.
type store struct {
	cache.Tier
	memory *cache.Memory
	disk   *disk.Tier  // nil if there is no data folder
	peers  *peers      // nil if nothing is shared
	state  *disk.Store // nil if there is no data folder that can be used
	spent  *disk.Store // of the quota: nil too if another process has it for good

	elsewhere atomic.Bool // another process has it for now
}

// openStore makes the tier in memory and, in profile ll2, with a data folder the
// one on disk below it, and with Valkey the one that replicas share below that. A
// folder that cannot be used is logged, and no reason not to serve.
func openStore(c *config.Config, log *slog.Logger) (*store, error) {
	memory, err := cache.NewMemory(cache.MemoryOptions{MaxBytes: int64(c.CacheSize)})
	if err != nil {
		return nil, fmt.Errorf("memory cache: %w", err)
	}
	s := &store{Tier: memory, memory: memory}
	if c.Profile == config.ProfileHTTP {
		return s, nil
	}
	if c.DataDir != config.DataDirOff {
		err = s.addDisk(c, log)
	}
	if err == nil && c.ValkeyURL.IsSet() {
		err = s.addPeers(c, log)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *store) addDisk(c *config.Config, log *slog.Logger) (err error) {
	s.disk, err = disk.New(disk.Options{
		Dir: filepath.Join(upstreamFolder(c), pagesFolder), MaxBytes: int64(c.DataSize), Logger: log,
	})
	if err == nil {
		s.Tier, err = cache.NewLayered(cache.LayeredOptions{
			Upper: s.memory, Lower: s.disk, Rebuild: proxy.Rebuilder(c.UpstreamURL),
		})
	}
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if s.state, err = disk.OpenStore(filepath.Join(upstreamFolder(c), stateFolder)); err != nil {
		log.Warn("which lists hold objects does not survive a restart", "error", err)
	}
	if s.spent, err = disk.OpenStore(filepath.Join(upstreamFolder(c), quotaFolder(c))); err != nil {
		log.Warn("what is spent of the quota does not survive a restart", "error", err)
	}
	return nil
}

func quotaFolder(c *config.Config) string {
	if !c.UpstreamToken.IsSet() {
		return spentFolder
	}
	return spentFolder + "-" + fingerprint(c.UpstreamToken.Reveal())
}

func (s *store) addPeers(c *config.Config, log *slog.Logger) (err error) {
	name, owned := nameReplica(s.spent, log)
	if !owned {
		s.spent = nil
	}
	if s.peers, err = joinPeers(c, s.Tier, name, log); err != nil {
		return fmt.Errorf("valkey: %w", err)
	}
	s.Tier = s.peers.all
	return nil
}

// close closes what openStore has opened. What is spent is left to others last.
func (s *store) close() {
	if s.peers != nil {
		s.peers.client.Close()
	}
	s.Close()
	if s.spent != nil {
		_ = s.spent.Unlock() // a file that does not close is not kept from others
	}
}

// ailments says what is wrong with what holds answers, in words for operators.
func (s *store) ailments() []string {
	var all []string
	if s.disk != nil {
		if what := s.disk.Stats().Unhealthy; what != "" {
			all = append(all, "but "+what+": what is fetched does not survive a restart")
		}
	}
	if s.elsewhere.Load() {
		all = append(all, "but another process has the data folder: nothing is fetched here until it ends")
	}
	if s.peers != nil && !s.peers.client.Stats().Up {
		all = append(all, "but Valkey is lost: this replica goes on by itself, with its own part of the quota")
	}
	return all
}

func (s *store) memoryStats() metrics.CacheStats { return metrics.CacheStats(s.memory.Stats()) }

// diskStats is nil if there is nothing on disk to tell of.
func (s *store) diskStats() func() metrics.DiskStats {
	if s.disk == nil {
		return nil
	}
	return func() metrics.DiskStats {
		d := s.disk.Stats()
		return metrics.DiskStats{
			Entries: d.Entries, Bytes: d.Bytes, MaxBytes: d.MaxBytes, Hits: d.Hits, Misses: d.Misses,
			Evicted: d.Evicted, Damaged: d.Damaged,
			Faults: d.Full + d.ReadOnly + d.Vanished + d.Slow + d.OtherFaults, Ailing: d.Unhealthy != "",
		}
	}
}

// valkeyStats is nil if nothing is shared.
func (s *store) valkeyStats() func() metrics.ValkeyStats {
	if s.peers == nil {
		return nil
	}
	return func() metrics.ValkeyStats {
		v := s.peers.client.Stats()
		return metrics.ValkeyStats{
			Up: v.Up, Losses: v.Losses, Hits: v.Hits, Misses: v.Misses, Puts: v.Puts, Damaged: v.Damaged,
			Full: v.Full, Declined: v.Crowded + v.Declined, Led: v.Led, Followed: v.Followed,
			Fenced: v.Fenced, Purges: v.PurgesHeard,
		}
	}
}

// keptLedger has the ledger of the quota survive restarts, if there is where to
// keep it: what it returns keeps snapshots, and restores the last one.
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

// keptHolders has it survive restarts which lists hold objects: saved is what is
// known of those, and save keeps what is new.
func (s *store) keptHolders(log *slog.Logger) (saved []byte, save func([]byte)) {
	if s.state == nil {
		return nil, nil
	}
	var all [][]byte
	for _, name := range []string{importedName, holdersName} {
		saved, err := s.state.Load(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			log.Warn("lists that are held answer for their objects only when they are asked for again", "error", err)
		}
		all = append(all, saved)
	}
	return proxy.JoinHolders(all...), func(holders []byte) {
		if err := s.state.Save(holdersName, holders); err != nil {
			log.Warn("after a restart lists answer for their objects only when they are asked for again", "error", err)
		}
	}
}
