package disk

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Store keeps a few small things in a folder that must survive a crash, such as
// what of a quota was spent. Each is a file, checksummed, and replaced as a
// whole. It may be used by many goroutines, and processes: who saves last wins.
type Store struct {
	dir string

	mu     sync.Mutex // guards locked
	locked *os.File   // its lock is this store's; nil: it is not
}

const (
	storeMagic   = "PERIGEE$"
	storeVersion = 1
	storeSuffix  = ".state"
	storeHead    = len(storeMagic) + 4 + sha256.Size
	// maxSaved is how many bytes can be saved under one name.
	maxSaved = 16 << 20
)

// ErrDamaged is returned by Store.Load for a file that is not what was saved.
var ErrDamaged = errors.New("disk: the file is damaged")

// OpenStore returns the store in a folder, which is made if it is missing. It
// takes away what writers that were killed left there. After an error the store can be
// used all the same: whatever is saved makes the folder if it can be made by then.
func OpenStore(dir string) (*Store, error) {
	s := &Store{dir: dir}
	if err := makeFolder(dir); err != nil {
		return s, fmt.Errorf("disk: open store: %w", err)
	}
	listed, err := os.ReadDir(dir)
	if err != nil {
		return s, fmt.Errorf("disk: open store: %w", err)
	}
	for _, entry := range listed {
		removeIfAbandoned(filepath.Join(dir, entry.Name()), time.Now())
	}
	return s, nil
}

// lockName is the file whose lock tells which process has the folder.
const lockName = "lock"

// TryLock reports whether the folder is locked for this store, among those that
// call TryLock: the first of them has it until its process ends or it calls Unlock.
// The lock guards nothing here: Save and Load work without it.
func (s *Store) TryLock() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locked != nil {
		return true, nil
	}
	f, err := os.OpenFile(filepath.Join(s.dir, lockName), os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		return false, fmt.Errorf("disk: lock: %w", err)
	}
	ok, err := tryLock(f)
	if !ok {
		if err = errors.Join(err, f.Close()); err != nil {
			return false, fmt.Errorf("disk: lock: %w", err)
		}
		return false, nil
	}
	s.locked = f
	return true, nil
}

// remake makes the folder again that somebody has removed, and locks it again if it was
// locked for this store: the lock was removed with it.
func (s *Store) remake() error {
	if err := makeFolder(s.dir); err != nil {
		return err
	}
	s.mu.Lock()
	locked := s.locked != nil
	s.mu.Unlock()
	if !locked {
		return nil
	}
	if err := s.Unlock(); err != nil {
		return err
	}
	_, err := s.TryLock()
	return err
}

// Unlock gives the folder up, if it is locked for this store.
func (s *Store) Unlock() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locked == nil {
		return nil
	}
	f := s.locked
	s.locked = nil
	return f.Close()
}

// Save stores data under a name, in place of what is there. It is durable when
// Save returns nil; otherwise what was there before still is, or, if the folder
// could not be synced, data is. Names are up to 64 lower-case letters, digits, -
// and _.
func (s *Store) Save(name string, data []byte) error {
	path, err := s.path(name)
	if err != nil {
		return err
	}
	if len(data) > maxSaved {
		return fmt.Errorf("disk: save %s: %d bytes are too many", name, len(data))
	}
	aside, err := writeAside(s.dir, sealSaved(data), data)
	if isGone(err) && s.remake() == nil {
		aside, err = writeAside(s.dir, sealSaved(data), data)
	}
	if err == nil {
		err = rename(aside, path)
	}
	if err != nil {
		return fmt.Errorf("disk: save %s: %w", name, err)
	}
	return nil
}

// Load returns what was saved last. The error is fs.ErrNotExist if nothing was,
// and ErrDamaged if it cannot be trusted: the file is set aside then, under its
// name with .bad at the end, and the next Load returns fs.ErrNotExist.
func (s *Store) Load(name string) ([]byte, error) {
	path, err := s.path(name)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("disk: load %s: %w", name, err)
	}
	var file []byte
	if info.Mode().IsRegular() && info.Size() <= int64(storeHead+maxSaved) {
		if file, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("disk: load %s: %w", name, err)
		}
	}
	data, ok := openSaved(file)
	if !ok {
		return nil, fmt.Errorf("disk: load %s: %w", name, errors.Join(ErrDamaged, os.Rename(path, path+badSuffix)))
	}
	return data, nil
}

func (s *Store) path(name string) (string, error) {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789-_"
	if name == "" || len(name) > 64 || strings.Trim(name, allowed) != "" {
		return "", fmt.Errorf("disk: %q cannot name what is saved", name)
	}
	return filepath.Join(s.dir, name+storeSuffix), nil
}

// sealSaved returns what stands before data in its file: magic, version, and the
// SHA-256 of those and the data.
func sealSaved(data []byte) []byte {
	head := binary.LittleEndian.AppendUint32([]byte(storeMagic), storeVersion)
	hash := sha256.New()
	hash.Write(head)
	hash.Write(data)
	return hash.Sum(head)
}

// openSaved returns the data in a file, if the file is whole.
func openSaved(file []byte) ([]byte, bool) {
	if len(file) < storeHead {
		return nil, false
	}
	head, data := file[:storeHead], file[storeHead:]
	return data, bytes.Equal(head, sealSaved(data))
}
