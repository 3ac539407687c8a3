package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const (
	folderMode = 0o700 // files get 0600 from os.CreateTemp
	tempPrefix = ".tmp-"
	// tempLife is how old a temporary file is before it is removed as abandoned:
	// another process may be about to rename it.
	tempLife = 10 * time.Minute
)

// writeAside writes parts to a new file in dir, one after the other, and returns
// its path when they are on the medium.
func writeAside(dir string, parts ...[]byte) (path string, err error) {
	f, err := os.CreateTemp(dir, tempPrefix)
	if err != nil {
		return "", err
	}
	for _, part := range parts {
		if err == nil {
			_, err = f.Write(part)
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

// rename gives the file at aside, which is in the folder of path, the name path,
// replacing the file that has it. When it returns nil that is on the medium.
func rename(aside, path string) error {
	if err := os.Rename(aside, path); err != nil {
		os.Remove(aside)
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder puts the names in a folder on the medium. Without this a file that was
// synced can be without a name after a power failure.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // not possible there
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// makeFolder makes a folder and those above it that are missing, durably. It is
// no error if the folder exists.
func makeFolder(dir string) error {
	err := os.Mkdir(dir, folderMode)
	parent := filepath.Dir(dir)
	if errors.Is(err, fs.ErrNotExist) && parent != dir {
		if err := makeFolder(parent); err != nil {
			return err
		}
		err = os.Mkdir(dir, folderMode)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return err
	}
	if err := syncFolder(parent); err != nil && !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("sync: %w", err) // a parent that we may not read is not ours to sync
	}
	return nil
}

// removeIfAbandoned removes a file if it is a temporary one and old enough: its
// writer was killed.
func removeIfAbandoned(path string, now time.Time) {
	if !strings.HasPrefix(filepath.Base(path), tempPrefix) {
		return
	}
	if info, err := os.Lstat(path); err == nil && now.Sub(info.ModTime()) > tempLife {
		os.Remove(path)
	}
}

// isGone reports whether err says that there is no such file.
func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }
