package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"perigee/cache/archive"
	"perigee/cache/disk"
	"perigee/config"
)

// export writes the pages that are held on disk, however old, into one file.
func (p program) export(ctx context.Context, args []string) error {
	file, c, log, err := p.handover("export", args)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(upstreamFolder(c), pagesFolder)); err != nil {
		return fmt.Errorf("export: nothing is held: %w", err)
	}
	// Without a limit: what reads must never evict, whatever the server's limit is.
	pages, err := openPages(c, math.MaxInt64, log)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	defer pages.Close()
	e := exporting{ctx: ctx, c: c, pages: pages}
	report := p.stdout
	if file == standardStream {
		report = p.stderr
		err = e.write(p.stdout)
	} else {
		err = e.writeFile(file)
	}
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	fmt.Fprintf(report, "exported %s (%s)\n", countPages(e.count), inUnits(e.bytes))
	return nil
}

// exporting is one export under way.
type exporting struct {
	ctx   context.Context
	c     *config.Config
	pages *disk.Tier

	count int
	bytes int64
}

// write writes the archive.
func (e *exporting) write(w io.Writer) error {
	a, err := archive.NewWriter(&tally{w: w, n: &e.bytes}, archive.Meta{
		Upstream: e.c.UpstreamURL.String(), Made: time.Now().UTC(), By: "perigee " + version(),
	})
	if err != nil {
		return err
	}
	for entry := range e.pages.All() {
		if err := errors.Join(e.ctx.Err(), a.Add(entry)); err != nil {
			return err
		}
		e.count++
	}
	// A page that cannot be read is left out by All, which only the tier tells of.
	if ailing := e.pages.Stats().Unhealthy; ailing != "" {
		return fmt.Errorf("not all of %s could be read: %s", e.c.DataDir, ailing)
	}
	return a.Close()
}

// writeFile writes the archive aside and gives it its name when it is whole. Only
// its owner may read it.
func (e *exporting) writeFile(path string) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is there already and not a file (%s)", path, info.Mode().Type())
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".perigee-export-") // with mode 0600
	if err != nil {
		return err
	}
	err = e.write(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// tally counts what is written.
type tally struct {
	w io.Writer
	n *int64
}

func (t *tally) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	*t.n += int64(n)
	return n, err
}
