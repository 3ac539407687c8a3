package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"perigee/cache/disk"
	"perigee/config"
)

// standardStream is what export and import call stdout and stdin by.
const standardStream = "-"

// handover reads what export and import have in common: the one argument, and the
// settings, which must say where pages are held.
func (p program) handover(command string, args []string) (file string, c *config.Config, log *slog.Logger, err error) {
	if len(args) != 1 || args[0] == "" || strings.HasPrefix(args[0], "-") && args[0] != standardStream {
		return "", nil, nil, fmt.Errorf("%w: perigee %s FILE, where - is a standard stream; got %q", errUsage, command, args)
	}
	if c, log, err = p.settings(); err != nil {
		return "", nil, nil, err
	}
	switch {
	case c.Profile == config.ProfileHTTP:
		err = fmt.Errorf("%w: %s is about what is held on disk, and PERIGEE_PROFILE=http holds nothing there", errUsage, command)
	case c.DataDir == config.DataDirOff:
		err = fmt.Errorf("%w: %s is about what is held on disk, and PERIGEE_DATA_DIR is off", errUsage, command)
	}
	return args[0], c, log, err
}

// openPages opens the tier on disk, beside a server that may have it open too.
func openPages(c *config.Config, maxBytes int64, log *slog.Logger) (*disk.Tier, error) {
	return disk.New(disk.Options{Dir: filepath.Join(upstreamFolder(c), pagesFolder), MaxBytes: maxBytes, Logger: log})
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
