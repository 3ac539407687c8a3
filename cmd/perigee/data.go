package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"

	"perigee/cache"
	"perigee/cache/disk"
	"perigee/config"
	"perigee/metrics"
	"perigee/proxy"
	"perigee/proxy/quota"
)

// Folders within the data folder, and the name of the ledger in its own.
const (
	pagesFolder = "pages"
	stateFolder = "state"
	ledgerName  = "quota"
)

// store is where answers are held.
type store struct {
	cache.Tier
	memory *cache.Memory
	disk   *disk.Tier // nil if there is no data folder
}

// openStore makes the tier in memory and, in profile ll2 with a data folder, the
// one on disk below it. A folder that cannot be used is logged, and no reason not
// to serve.
func openStore(c *config.Config, log *slog.Logger) (*store, error) {
	memory, err := cache.NewMemory(cache.MemoryOptions{MaxBytes: int64(c.CacheSize)})
	if err != nil {
		return nil, fmt.Errorf("memory cache: %w", err)
	}
	s := &store{Tier: memory, memory: memory}
	if c.Profile == config.ProfileHTTP || c.DataDir == config.DataDirOff {
		return s, nil
	}
	s.disk, err = disk.New(disk.Options{
		Dir: filepath.Join(c.DataDir, pagesFolder), MaxBytes: int64(c.DataSize), Logger: log,
	})
	if err == nil {
		s.Tier, err = cache.NewLayered(cache.LayeredOptions{
			Upper: memory, Lower: s.disk, Rebuild: proxy.Rebuilder(c.UpstreamURL),
		})
	}
	if err != nil {
		memory.Close()
		return nil, fmt.Errorf("data folder: %w", err)
	}
	return s, nil
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
			Faults: d.Full + d.ReadOnly + d.Vanished + d.Slow + d.OtherFaults, Ailing: d.Ailing != "",
		}
	}
}

// keptLedger has the ledger of the quota survive restarts in the data folder, if
// there is one: what it returns keeps snapshots, and restores the last one.
func keptLedger(c *config.Config, log *slog.Logger) (save func([]byte), restore func(*quota.Gate)) {
	if c.DataDir == config.DataDirOff {
		return nil, func(*quota.Gate) {}
	}
	store, err := disk.OpenStore(filepath.Join(c.DataDir, stateFolder))
	if err != nil {
		log.Warn("what is spent of the quota does not survive a restart", "error", err)
		return nil, func(*quota.Gate) {}
	}
	save = func(snapshot []byte) {
		if err := store.Save(ledgerName, snapshot); err != nil {
			log.Warn("what is spent of the quota was not saved", "error", err)
		}
	}
	return save, func(gate *quota.Gate) {
		snapshot, err := store.Load(ledgerName)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		// A file that is damaged leaves no snapshot, which is a damaged one too.
		if err := errors.Join(err, gate.Restore(snapshot)); err != nil {
			log.Warn("what was spent of the quota is not known: all of it counts as spent until a report", "error", err)
		}
	}
}
