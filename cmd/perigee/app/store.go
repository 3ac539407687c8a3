package app

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"perigee/cache"
	"perigee/cache/disk"
	"perigee/config"
	"perigee/proxy/collection"
	"perigee/proxy/fetch"
)

// store is where answers are cached, and what is known of them over a restart.
type store struct {
	cache.Tier
	memory *cache.Memory
	disk   *disk.Tier  // nil if there is no data folder
	peers  *peers      // nil if nothing is shared
	state  *disk.Store // nil if there is no data folder that can be used
	spent  *disk.Store // of the quota: nil too if another process has it for good
	before bool        // something was spent of it before
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
	s.disk, err = openPages(c, int64(c.DataSize), s.memory.TakeUses, log)
	if err == nil {
		s.Tier, err = cache.NewLayered(cache.LayeredOptions{
			Upper: s.memory, Lower: s.disk, Rebuild: fetch.Rebuilder(c.UpstreamURL),
		})
	}
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	if s.state, err = openState(c); err != nil {
		s.state = nil
		log.Warn("which lists hold objects does not survive a restart", "error", err)
	}
	s.before = spentBefore(c)
	if s.spent, err = openSpent(c); err != nil {
		log.Warn("what is spent of the quota cannot be saved", "error", err)
	}
	return nil
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
		s.peers.close()
	}
	s.Close()
	if s.spent != nil {
		_ = s.spent.Unlock() // a file that does not close is not kept from others
	}
}

// troubles says what is wrong with the store, in words for operators.
func (s *store) troubles() []string {
	var all []string
	if s.disk != nil {
		if what := s.disk.Stats().Unhealthy; what != "" {
			all = append(all, "but "+what+": what is fetched does not survive a restart")
		}
	}
	if s.peers != nil {
		all = append(all, s.peers.troubles()...)
	}
	return all
}

// keptIndex has the object-list index survive restarts: saved is what is known, and
// save keeps what is new.
func (s *store) keptIndex(log *slog.Logger) (saved []byte, save func([]byte)) {
	if s.state == nil {
		return nil, nil
	}
	var all [][]byte
	for _, name := range []string{importedName, indexName} {
		saved, err := s.state.Load(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			log.Warn("cached lists answer for their objects only when they are asked for again", "error", err)
		}
		all = append(all, saved)
	}
	return collection.JoinObjectLists(all...), func(index []byte) {
		if err := s.state.Save(indexName, index); err != nil {
			log.Warn("after a restart lists answer for their objects only when they are asked for again", "error", err)
		}
	}
}

// addToIndex has lists that were imported, by key, answer for their objects from the
// next start on. The file is not the one of a server that may run and knows nothing
// of these.
func addToIndex(c *config.Config, keys []string) error {
	state, err := openState(c)
	if err != nil {
		return err
	}
	saved, err := state.Load(importedName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, disk.ErrDamaged) {
		return err
	}
	return state.Save(importedName, collection.JoinObjectLists(saved, collection.SavedObjectLists(keys)))
}
