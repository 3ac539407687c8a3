package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"perigee/cmd/perigee/app"
)

// importPages adds the pages of an exported file to those cached on disk. The file
// is verified before anything is changed.
func importPages(ctx context.Context, p program) error {
	file, c, log, err := archiveSettings(p, "import")
	if err != nil {
		return err
	}
	f, release, err := seekable(ctx, p, file, c.DataDir)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	defer release()
	imported, err := app.Import(ctx, c, log, f)
	if err != nil {
		return fmt.Errorf("import %s: %w", file, err)
	}
	fmt.Fprintf(p.stdout, "imported %s, %d already cached, %d of another version\n", countPages(imported.Added), imported.Cached, imported.Foreign)
	if imported.Evicted > 0 {
		log.Warn("there is no room for all of it", "setting", "PERIGEE_DATA_SIZE", "evicted", imported.Evicted)
	}
	return nil
}

// seekable opens a file that can be read twice. What comes through a pipe is kept
// in a file of the data folder until release is called.
func seekable(ctx context.Context, p program, file, dataDir string) (f *os.File, release func(), err error) {
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
