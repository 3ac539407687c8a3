package disk

import (
	"errors"
	"os"
	"time"

	"perigee/cache"
	"perigee/cache/record"
)

// touchPause is how exactly the last use of an entry is remembered over a
// restart: it is the time of its file.
const touchPause = 10 * time.Minute

// use returns the entry in a file, or nil, and remembers that it was used.
func (t *Tier) use(n name) *cache.Entry {
	e, info := t.read(n)
	if e == nil {
		return nil
	}
	now := t.opts.Now()
	t.index.learn(n, worthOf(record.TimesOf(e), info.Size(), now))
	if now.Sub(info.ModTime()) > touchPause {
		_ = os.Chtimes(t.path(n), time.Time{}, now) // only the order of eviction depends on it
	}
	return e
}

// read returns the entry in a file, and what the file was, or nil.
func (t *Tier) read(n name) (*cache.Entry, os.FileInfo) {
	f, err := os.Open(t.path(n))
	if err != nil {
		if !isGone(err) {
			t.faults.note(err)
		}
		return nil, nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.faults.note(err)
		return nil, nil
	}
	e, err := t.decode(f, info, n)
	switch why := record.Damage(""); {
	case errors.As(err, &why):
		t.setAside(n, info, why)
		return nil, nil
	case err != nil:
		t.faults.note(err)
		return nil, nil
	}
	return e, info
}

// decode is record.Read for a file, which must be one that Put could have written
// under that name.
func (t *Tier) decode(f *os.File, info os.FileInfo, n name) (*cache.Entry, error) {
	if !info.Mode().IsRegular() || onDisk(info.Size()) > t.opts.MaxBytes {
		return nil, record.WrongLength
	}
	e, err := record.Read(f, info.Size())
	if err == nil && nameOf(e.Key) != n {
		return nil, record.WrongName
	}
	return e, err
}

// peek returns what a file is worth, without verifying it.
func (t *Tier) peek(n name) (w worth, info os.FileInfo, err error) {
	f, err := os.Open(t.path(n))
	if err != nil {
		return w, nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return w, nil, err
	}
	times, err := record.Peek(f, info.Size())
	return worthOf(times, info.Size(), info.ModTime()), info, err
}
