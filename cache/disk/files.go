package disk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"perigee/cache"
	"perigee/cache/record"
)

// name identifies the file of an entry: the SHA-256 of its key. Keys can be longer
// than a file name may be, and contain anything.
type name [sha256.Size]byte

const (
	// shards is how many folders the files are spread over, by the first byte of
	// their name: some file systems are slow when a folder has very many.
	shards     = 256
	pageSuffix = ".page"
)

func nameOf(key cache.Key) name { return sha256.Sum256([]byte(key)) }

func (n name) shard() byte { return n[0] }

// String returns the name in hexadecimal digits, as the file has it.
func (n name) String() string { return hex.EncodeToString(n[:]) }

// parseName returns the name of the entry whose file is called base.
func parseName(base string) (n name, ok bool) {
	digits, ok := strings.CutSuffix(base, pageSuffix)
	if !ok || len(digits) != hex.EncodedLen(len(n)) {
		return n, false
	}
	_, err := hex.Decode(n[:], []byte(digits))
	return n, err == nil && n.String() == digits
}

// block is the unit in which file systems allocate space.
const block = 4 << 10

// onDisk returns what a file of that size takes.
func onDisk(size int64) int64 { return (size + block - 1) / block * block }

// files are the files of a folder, one for each entry, and in a folder of their own
// the last few damaged ones. Readers need no lock: files are replaced as a whole.
type files struct {
	dir string
	bad sync.Mutex // held while the folder of damaged files is changed
}

func (f *files) folder(shard byte) string {
	return filepath.Join(f.dir, fmt.Sprintf("%02x", shard))
}

func (f *files) path(n name) string {
	return filepath.Join(f.folder(n.shard()), n.String()+pageSuffix)
}

// read returns the entry in a file of at most maxBytes, verified. The error is a
// record.Damage or a fault of the medium; info is what was read, if it is known.
func (f *files) read(n name, maxBytes int64) (e *cache.Entry, info os.FileInfo, err error) {
	file, info, err := f.open(n)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	if !info.Mode().IsRegular() || onDisk(info.Size()) > maxBytes {
		return nil, info, record.WrongLength
	}
	e, err = record.Read(file, info.Size())
	if err == nil && nameOf(e.Key) != n {
		err = record.WrongName
	}
	return e, info, err
}

// peek returns what the beginning of a file says, without verifying it. Its errors
// are those of read.
func (f *files) peek(n name) (t record.Times, info os.FileInfo, err error) {
	file, info, err := f.open(n)
	if err != nil {
		return t, nil, err
	}
	defer file.Close()
	t, err = record.Peek(file, info.Size())
	return t, info, err
}

// A file is tried to be opened again while there are no descriptors: others close
// theirs, and to be without the file would cost a request.
const (
	openTries = 25
	openPause = 20 * time.Millisecond
)

func (f *files) open(n name) (*os.File, os.FileInfo, error) {
	file, err := os.Open(f.path(n))
	for try := 1; try < openTries && lacksDescriptors(err); try++ {
		time.Sleep(openPause)
		file, err = os.Open(f.path(n))
	}
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, info, nil
}

// list returns the names of the entries in a shard, and the paths of whatever else
// is there. A shard that is missing is empty.
func (f *files) list(shard byte) (names []name, strangers []string, err error) {
	listed, err := os.ReadDir(f.folder(shard))
	if err != nil && !isGone(err) {
		return nil, nil, err
	}
	for _, entry := range listed {
		if n, ok := parseName(entry.Name()); ok && n.shard() == shard {
			names = append(names, n)
		} else {
			strangers = append(strangers, filepath.Join(f.folder(shard), entry.Name()))
		}
	}
	return names, strangers, nil
}

// remove removes a file durably. It is no error if there is none.
func (f *files) remove(n name) error {
	path := f.path(n)
	if err := os.Remove(path); err != nil {
		if _, looked := os.Lstat(path); isGone(looked) {
			return nil
		}
		return err
	}
	return syncFolder(f.folder(n.shard()))
}

const (
	badFolder = "bad"
	badSuffix = ".bad"
	// maxBad is how many damaged files are kept for inspection, and maxBadSize
	// up to which size.
	maxBad     = 16
	maxBadSize = 1 << 20
)

// quarantine moves a damaged file to where the last few of them are, and returns
// its new path, or "" if it is still where it was: it may be too large to be kept.
func (f *files) quarantine(n name, size int64, now time.Time) (string, error) {
	if size > maxBadSize {
		return "", nil
	}
	f.bad.Lock()
	defer f.bad.Unlock()
	folder := filepath.Join(f.dir, badFolder)
	if err := makeFolder(folder); err != nil {
		return "", err
	}
	path := filepath.Join(folder, n.String()+badSuffix)
	if err := os.Rename(f.path(n), path); err != nil {
		return "", err
	}
	return path, errors.Join(os.Chtimes(path, now, now), removeOldest(folder, maxBad))
}

// removeOldest removes files from a folder until that many are left.
func removeOldest(folder string, keep int) error {
	listed, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var infos []os.FileInfo
	for _, entry := range listed {
		if info, err := entry.Info(); err == nil {
			infos = append(infos, info)
		}
	}
	slices.SortFunc(infos, func(a, b os.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, info := range infos[min(keep, len(infos)):] {
		if err := os.Remove(filepath.Join(folder, info.Name())); err != nil {
			return err
		}
	}
	return nil
}
