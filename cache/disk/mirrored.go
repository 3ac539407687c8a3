package disk

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Mirrored is one small thing that a Store keeps twice, so that damage to either file
// loses nothing, not even the latest change. The two are written in turn, in place,
// each synced before the other is touched: a crash in between leaves one of them
// whole. The space is taken once, so that a full medium need not keep anybody from
// saving. It may be used by many goroutines; of processes, by one at a time.
type Mirrored struct {
	store  *Store
	copies [2]string // paths
	calls  *calls
	health *health

	mu  sync.Mutex // guards seq, and is held while saving
	seq uint64     // of what was saved last
}

// MirroredOptions say how a Mirrored fails.
type MirroredOptions struct {
	// What it keeps, in words for the log.
	What string
	// Timeout is how long Save waits for the medium. If zero, 5 seconds. As long as a
	// call that it did not wait for goes on, Save fails at once.
	Timeout time.Duration
	// Logger is told of failures of the medium, each kind once in a while, and that
	// they are over. If nil, nobody is.
	Logger *slog.Logger
}

const (
	mirroredMagic = "PERIGEE&"
	// mirroredHead is magic, number, length and SHA-256 of those and the data.
	mirroredHead = len(mirroredMagic) + 8 + 8 + sha256.Size
	// mirroredStep is the unit in which the files grow.
	mirroredStep = 64 << 10
)

// Mirrored returns what is kept under a name, see Save.
func (s *Store) Mirrored(name string, o MirroredOptions) (*Mirrored, error) {
	first, err := s.path(name)
	if err != nil {
		return nil, err
	}
	second, err := s.path(name + "-2")
	if err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Mirrored{
		store: s, copies: [2]string{first, second},
		calls:  newCalls(cmp.Or(o.Timeout, defaultTimeout), MaxCalls),
		health: &health{what: o.What, dir: s.dir, log: o.Logger, now: time.Now},
	}, nil
}

// Save stores data in place of what is there. It is durable when Save returns nil.
// After an error, which is noted in Health, either that is what is loaded, or what was
// there before.
func (m *Mirrored) Save(data []byte) error {
	if len(data) > maxSaved {
		return fmt.Errorf("disk: save: %d bytes are too many", len(data))
	}
	err, ok := within(m.calls, func() error { return m.save(data) })
	if !ok {
		err = errSlow
	}
	if err != nil {
		m.health.note(err)
		return fmt.Errorf("disk: save: %w", err)
	}
	m.health.recovered()
	return nil
}

// Health returns how often Save has failed, and why it did last: "" if it did not.
func (m *Mirrored) Health() (failures uint64, unhealthy string) {
	counts, unhealthy := m.health.state()
	for _, n := range counts {
		failures += n
	}
	return failures, unhealthy
}

// save writes both files. It does not wait for a call that is stuck.
func (m *Mirrored) save(data []byte) error {
	if !m.mu.TryLock() {
		return errSlow
	}
	defer m.mu.Unlock()
	m.seq++
	file := sealMirrored(m.seq, data)
	for _, path := range m.copies {
		err := overwrite(path, file)
		if isGone(err) {
			err = m.store.remake()
			if err == nil {
				err = overwrite(path, file)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Load returns what was saved last. intact is false if one of the two files is not
// what was saved last, which the next Save mends. The error is fs.ErrNotExist if there
// is neither, and ErrDamaged if what was saved last is lost.
func (m *Mirrored) Load() (data []byte, intact bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var seqs [2]uint64
	var faults [2]error
	for i, path := range m.copies {
		var copied []byte
		if seqs[i], copied, faults[i] = readMirrored(path); faults[i] == nil && (data == nil || seqs[i] > m.seq) {
			data, m.seq = copied, seqs[i]
		}
	}
	switch {
	case data != nil:
		return data, faults == [2]error{} && seqs[0] == seqs[1], nil
	case isGone(faults[0]) && isGone(faults[1]):
		return nil, false, fmt.Errorf("disk: load: %w", fs.ErrNotExist)
	}
	return nil, false, fmt.Errorf("disk: load: %w", errors.Join(faults[:]...))
}

// overwrite writes a file in place and syncs it. One that is new or too short is
// filled up with zeros, so that the next has the space that it needs.
func overwrite(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Size() < int64(len(content)) {
		step := (len(content) + mirroredStep - 1) / mirroredStep * mirroredStep
		content = append(content, make([]byte, step-len(content))...)
	}
	if err == nil {
		_, err = f.WriteAt(content, 0)
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil && info.Size() == 0 {
		err = syncFolder(filepath.Dir(path))
	}
	return err
}

// readMirrored returns what a file says, if it is whole.
func readMirrored(path string) (seq uint64, data []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	head := make([]byte, mirroredHead)
	if _, err := io.ReadFull(f, head); err != nil {
		return 0, nil, errors.Join(ErrDamaged, err)
	}
	numbers := head[len(mirroredMagic):]
	seq, size := binary.LittleEndian.Uint64(numbers), binary.LittleEndian.Uint64(numbers[8:])
	if size > maxSaved {
		return 0, nil, ErrDamaged
	}
	data = make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return 0, nil, errors.Join(ErrDamaged, err)
	}
	if whole := sealMirrored(seq, data); !bytes.Equal(whole[:mirroredHead], head) {
		return 0, nil, ErrDamaged
	}
	return seq, data, nil
}

// sealMirrored returns data as it stands in its file.
func sealMirrored(seq uint64, data []byte) []byte {
	head := binary.LittleEndian.AppendUint64([]byte(mirroredMagic), seq)
	head = binary.LittleEndian.AppendUint64(head, uint64(len(data)))
	hash := sha256.New()
	hash.Write(head)
	hash.Write(data)
	return append(hash.Sum(head), data...)
}
