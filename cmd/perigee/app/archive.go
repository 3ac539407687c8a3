package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"time"

	"perigee/cache"
	"perigee/cache/archive"
	"perigee/cache/disk"
	"perigee/config"
	"perigee/proxy/fetch"
)

// Export writes the entries that are cached on disk, however old, as an archive, and
// returns how many there are. An archive that is not whole has no end, and Import
// refuses it.
func Export(ctx context.Context, c *config.Config, log *slog.Logger, w io.Writer) (entries int, err error) {
	if _, err := os.Stat(filepath.Join(upstreamFolder(c), pagesFolder)); err != nil {
		return 0, fmt.Errorf("nothing is cached: %w", err)
	}
	// Without a limit: what reads must never evict, whatever the server's limit is.
	pages, err := openPages(c, math.MaxInt64, nil, log)
	if err != nil {
		return 0, err
	}
	defer pages.Close()
	a, err := archive.NewWriter(w, archive.Meta{
		Upstream: c.UpstreamURL.String(), Made: time.Now().UTC(), By: "perigee " + Build().Version,
	})
	if err != nil {
		return 0, err
	}
	for entry := range pages.All() {
		if err := errors.Join(ctx.Err(), a.Add(entry)); err != nil {
			return entries, err
		}
		entries++
	}
	// An entry that cannot be read is left out by All, which only the tier tells of.
	if unhealthy := pages.Stats().Unhealthy; unhealthy != "" {
		return entries, fmt.Errorf("not all of %s could be read: %s", c.DataDir, unhealthy)
	}
	return entries, a.Close()
}

// Imported counts what became of the entries of an archive.
type Imported struct {
	Added   int // they are cached now
	Cached  int // what was cached already is as new or newer
	Foreign int // they are of another version of Perigee and of no use
	Evicted int // entries that had to go since the disk's size is limited
}

// Import adds the entries of an archive to those cached on disk. The archive is
// verified before anything is changed.
func Import(ctx context.Context, c *config.Config, log *slog.Logger, file io.ReadSeeker) (*Imported, error) {
	meta, _, err := archive.Verify(until{ctx, file})
	if err != nil {
		return nil, fmt.Errorf("nothing was changed: %w", err)
	}
	if want := c.UpstreamURL.String(); meta.Upstream != want {
		return nil, fmt.Errorf("nothing was changed: it is of the upstream %s, and PERIGEE_UPSTREAM_URL is %s", meta.Upstream, want)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	pages, err := openPages(c, int64(c.DataSize), nil, log)
	if err != nil {
		return nil, err
	}
	defer pages.Close()
	in := importing{pages: pages, rebuild: fetch.Rebuilder(c.UpstreamURL)}
	err = in.read(until{ctx, file})
	// The lists that were added before an error answer for their objects, too.
	if err = errors.Join(err, addToIndex(c, in.keys)); err != nil {
		return nil, fmt.Errorf("after %d pages: %w", in.Added, err)
	}
	in.Evicted = int(pages.Stats().Evicted)
	return &in.Imported, nil
}

// importing is one import under way.
type importing struct {
	Imported
	pages   *disk.Tier
	rebuild func(*cache.Entry) *cache.Entry
	keys    []string // of what was added
}

// read adds what an archive has.
func (in *importing) read(r io.Reader) error {
	a, err := archive.NewReader(r)
	if err != nil {
		return err
	}
	for {
		e, err := a.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = in.add(e)
		}
		if err != nil {
			return err
		}
	}
}

// add stores an entry, if it is of use and newer than what is cached.
func (in *importing) add(e *cache.Entry) error {
	if in.rebuild(e) == nil {
		in.Foreign++
		return nil
	}
	if cached, ok := in.pages.Get(e.Key); ok && !cached.Answered.Before(e.Answered) {
		in.Cached++
		return nil
	}
	if err := in.pages.Put(e); err != nil {
		return err
	}
	in.Added++
	in.keys = append(in.keys, e.Key)
	return nil
}

// until is a reader that fails once ctx ends.
type until struct {
	ctx context.Context
	r   io.Reader
}

func (u until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
