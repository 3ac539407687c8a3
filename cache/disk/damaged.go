package disk

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"perigee/cache/record"
)

const (
	badFolder = "bad"
	badSuffix = ".bad"
	// maxBad is how many damaged files are kept to be looked at, and maxBadSize
	// up to which size.
	maxBad     = 16
	maxBadSize = 1 << 20
)

// setAside takes a damaged file out of the way. If it has been replaced since it
// was looked at, it is left alone.
func (t *Tier) setAside(n name, looked os.FileInfo, why record.Damage) {
	stripe := &t.stripes[n.shard()]
	stripe.Lock()
	defer stripe.Unlock()
	path := t.path(n)
	if info, err := os.Lstat(path); err != nil || !os.SameFile(info, looked) {
		return
	}
	t.counts.damaged.Add(1)
	kept, err := t.keepBad(n, looked.Size())
	if kept == "" {
		err = errors.Join(err, t.remove(n)) // which bars it if need be
	}
	t.opts.Logger.Warn("a damaged page was set aside", "why", string(why), "file", path, "kept", kept, "err", err)
}

// keepBad moves a damaged file to where the last few of them are, and returns
// its new path, or none if it is still where it was.
func (t *Tier) keepBad(n name, size int64) (string, error) {
	if size > maxBadSize {
		return "", nil
	}
	t.bad.Lock()
	defer t.bad.Unlock()
	folder := filepath.Join(t.opts.Dir, badFolder)
	if err := makeFolder(folder); err != nil {
		return "", err
	}
	path := filepath.Join(folder, n.String()+badSuffix)
	if err := os.Rename(t.path(n), path); err != nil {
		return "", err
	}
	t.index.forget(n)
	now := t.opts.Now()
	return path, errors.Join(os.Chtimes(path, now, now), dropOldest(folder, maxBad))
}

// dropOldest removes files from a folder until that many are left.
func dropOldest(folder string, keep int) error {
	listed, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var files []os.FileInfo
	for _, entry := range listed {
		if info, err := entry.Info(); err == nil {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, info := range files[min(keep, len(files)):] {
		if err := os.Remove(filepath.Join(folder, info.Name())); err != nil {
			return err
		}
	}
	return nil
}
