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
	"strings"

	"perigee/cmd/perigee/app"
	"perigee/config"
)

// standardStream is what export and import call stdout and stdin by.
const standardStream = "-"

// exportPages writes the pages that are cached on disk, however old, into one file.
func exportPages(ctx context.Context, p program) error {
	file, c, log, err := archiveSettings(p, "export")
	if err != nil {
		return err
	}
	var count int
	var size tally
	write := func(w io.Writer) (err error) {
		count, err = app.Export(ctx, c, log, io.MultiWriter(w, &size))
		return err
	}
	report := p.stdout
	if file == standardStream {
		report = p.stderr
		err = write(p.stdout)
	} else {
		err = replaceFile(file, write)
	}
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	fmt.Fprintf(report, "exported %s (%s)\n", countPages(count), inUnits(int64(size)))
	return nil
}

// archiveSettings reads what export and import have in common: the one argument, and
// the settings, which must say where pages are cached.
func archiveSettings(p program, command string) (file string, c *config.Config, log *slog.Logger, err error) {
	if len(p.args) != 1 || p.args[0] == "" || strings.HasPrefix(p.args[0], "-") && p.args[0] != standardStream {
		return "", nil, nil, fmt.Errorf("%w: perigee %s FILE, where - is a standard stream; got %q", errUsage, command, p.args)
	}
	if c, log, err = p.settings(); err != nil {
		return "", nil, nil, err
	}
	switch {
	case c.Profile == config.ProfileHTTP:
		err = fmt.Errorf("%w: %s is about what is cached on disk, and PERIGEE_PROFILE=http caches nothing there", errUsage, command)
	case c.DataDir == config.DataDirOff:
		err = fmt.Errorf("%w: %s is about what is cached on disk, and PERIGEE_DATA_DIR is off", errUsage, command)
	}
	return p.args[0], c, log, err
}

// replaceFile writes a file aside and gives it its name when it is whole. Only its
// owner may read it.
func replaceFile(path string, write func(io.Writer) error) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is there already and not a file (%s)", path, info.Mode().Type())
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".perigee-export-") // with mode 0600
	if err != nil {
		return err
	}
	err = write(f)
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

// tally counts the bytes that are written to it.
type tally int64

func (t *tally) Write(p []byte) (int, error) {
	*t += tally(len(p))
	return len(p), nil
}

// countPages returns a number of pages in words.
func countPages(n int) string {
	if n == 1 {
		return "1 page"
	}
	return fmt.Sprintf("%d pages", n)
}

// inUnits returns a number of bytes as people read it.
func inUnits(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
}
