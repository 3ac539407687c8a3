package archive

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"perigee/cache"
	"perigee/cache/record"
)

// Writer writes an archive. It is not safe for concurrent use.
type Writer struct {
	gzip  *gzip.Writer
	hash  hash.Hash
	out   io.Writer // both of them
	count uint64
	err   error // the first; nothing is written after it
}

// NewWriter begins an archive on w, which the caller closes after Close.
func NewWriter(w io.Writer, m Meta) (*Writer, error) {
	line, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("archive: metadata: %w", err)
	}
	if len(line) >= maxMeta {
		return nil, fmt.Errorf("archive: metadata of %d bytes is too long", len(line))
	}
	a := &Writer{gzip: gzip.NewWriter(w), hash: sha256.New()}
	a.out = io.MultiWriter(a.gzip, a.hash)
	a.write([]byte(magic))
	a.write(append(line, '\n'))
	return a, a.err
}

// Add writes an entry. After an error, which is w's or cache.ErrTooLarge, there is
// no archive.
func (a *Writer) Add(e *cache.Entry) error {
	head := record.Head(e)
	size := uint64(len(head)) + uint64(len(e.Body))
	if size > MaxRecord && a.err == nil {
		a.err = fmt.Errorf("archive: %w: %d bytes", cache.ErrTooLarge, size)
	}
	a.write(binary.LittleEndian.AppendUint32(nil, uint32(size)))
	a.write(head)
	a.write(e.Body)
	if a.err == nil {
		a.count++
	}
	return a.err
}

// Close writes the end. The archive is whole when it returns nil.
func (a *Writer) Close() error {
	a.write(make([]byte, 4)) // no record is that short
	a.write(binary.LittleEndian.AppendUint64(nil, a.count))
	a.write(a.hash.Sum(nil))
	if a.err != nil {
		return a.err
	}
	a.err = errors.New("archive: closed already")
	if err := a.gzip.Close(); err != nil {
		return fmt.Errorf("archive: write: %w", err)
	}
	return nil
}

func (a *Writer) write(b []byte) {
	if a.err != nil {
		return
	}
	if _, err := a.out.Write(b); err != nil {
		a.err = fmt.Errorf("archive: write: %w", err)
	}
}
