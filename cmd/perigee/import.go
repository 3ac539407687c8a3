package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"perigee/cache"
	"perigee/cache/archive"
	"perigee/cache/disk"
	"perigee/config"
	"perigee/proxy"
)

// importPages adds the pages of an exported file to those held on disk. The file
// is verified before anything is changed.
func (p program) importPages(ctx context.Context, args []string) error {
	file, c, log, err := p.handover("import", args)
	if err != nil {
		return err
	}
	if err := p.importFile(ctx, file, c, log); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	return nil
}

func (p program) importFile(ctx context.Context, file string, c *config.Config, log *slog.Logger) error {
	f, release, err := p.seekable(ctx, file, c.DataDir)
	if err != nil {
		return err
	}
	defer release()
	meta, _, err := archive.Verify(until{ctx, f})
	if err != nil {
		return fmt.Errorf("nothing was changed: %s: %w", file, err)
	}
	if want := c.UpstreamURL.String(); meta.Upstream != want {
		return fmt.Errorf("nothing was changed: %s is of the upstream %s, and PERIGEE_UPSTREAM_URL is %s", file, meta.Upstream, want)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	pages, err := openPages(c, int64(c.DataSize), log)
	if err != nil {
		return err
	}
	defer pages.Close()
	in := importing{pages: pages, rebuild: proxy.Rebuilder(c.UpstreamURL)}
	err = in.read(until{ctx, f})
	if err = errors.Join(err, addHolders(c, in.keys)); err != nil {
		return fmt.Errorf("after %s: %w", countPages(in.added), err)
	}
	fmt.Fprintf(p.stdout, "imported %s, %d already held, %d of another version\n", countPages(in.added), in.known, in.foreign)
	if evicted := pages.Stats().Evicted; evicted > 0 {
		log.Warn("there is no room for all of it", "setting", "PERIGEE_DATA_SIZE", "evicted", evicted)
	}
	return nil
}

// importing is one import under way.
type importing struct {
	pages   *disk.Tier
	rebuild func(*cache.Entry) *cache.Entry

	added, known, foreign int
	keys                  []string // of what was added
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

// add stores an entry, if it is of use and newer than what is held.
func (in *importing) add(e *cache.Entry) error {
	if in.rebuild(e) == nil {
		in.foreign++
		return nil
	}
	if held, ok := in.pages.Get(e.Key); ok && !held.Answered.Before(e.Answered) {
		in.known++
		return nil
	}
	if err := in.pages.Put(e); err != nil {
		return err
	}
	in.added++
	in.keys = append(in.keys, e.Key)
	return nil
}

// addHolders has lists that were added answer for their objects from the next start
// on. The file is not the one of a server that may run and knows nothing of these.
func addHolders(c *config.Config, keys []string) error {
	state, err := disk.OpenStore(filepath.Join(upstreamFolder(c), stateFolder))
	if err != nil {
		return err
	}
	saved, err := state.Load(importedName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, disk.ErrDamaged) {
		return err
	}
	return state.Save(importedName, proxy.JoinHolders(saved, proxy.HoldersOf(keys)))
}

// seekable opens a file that can be read twice. What comes through a pipe is kept
// in a file of the data folder until release is called.
func (p program) seekable(ctx context.Context, file, dataDir string) (f *os.File, release func(), err error) {
	if file == standardStream {
		if p.stdin == nil {
			return nil, nil, errors.New("there is no standard input")
		}
		return spool(ctx, p.stdin, dataDir)
	}
	if f, err = os.Open(file); err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.IsDir():
		err = fmt.Errorf("%s is a folder", file)
	case !info.Mode().IsRegular():
		defer f.Close()
		return spool(ctx, f, dataDir)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, func() { f.Close() }, nil
}

// spool writes all of r to a new file in a folder and returns it at its beginning.
func spool(ctx context.Context, r io.Reader, dir string) (*os.File, func(), error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, err
	}
	f, err := os.CreateTemp(dir, ".perigee-import-")
	if err != nil {
		return nil, nil, err
	}
	release := func() {
		f.Close()
		os.Remove(f.Name())
	}
	copied := make(chan error, 1)
	go func() { // ends with r; a terminal that nobody types at cannot be interrupted
		_, err := io.Copy(f, r)
		copied <- err
	}()
	select {
	case err = <-copied:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return f, release, nil
}
