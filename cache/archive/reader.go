package archive

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"perigee/cache"
	"perigee/cache/record"
)

// Reader reads an archive. It is not safe for concurrent use.
//
// The lengths in an archive are not trusted: memory is allocated for what was read,
// some three times the current record. The errors are a Damage, wrapped with its
// cause, or a fault of the underlying reader.
type Reader struct {
	file  *bufio.Reader
	in    *bufio.Reader // the decompressed content of file
	hash  hash.Hash     // of what was read from in
	meta  Meta
	count uint64
	buf   bytes.Buffer // the current record
	err   error        // the first; nothing is read after it
}

// NewReader reads the beginning of an archive.
func NewReader(r io.Reader) (*Reader, error) {
	a := &Reader{file: bufio.NewReader(r), hash: sha256.New()}
	head, err := a.file.Peek(len(gzipHead))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("archive: read: %w", err)
	}
	if string(head) != gzipHead {
		return nil, NotArchive
	}
	unzipped, err := gzip.NewReader(a.file)
	if err != nil {
		return nil, fault(err)
	}
	unzipped.Multistream(false) // nothing may follow
	a.in = bufio.NewReaderSize(unzipped, maxMeta)
	if err := a.begin(); err != nil {
		return nil, err
	}
	return a, nil
}

// begin reads magic and metadata.
func (a *Reader) begin() error {
	first, err := a.line()
	switch {
	case errors.Is(err, WrongMeta), err == nil && !strings.HasPrefix(string(first), magicName):
		return NotArchive
	case err != nil:
		return err
	case string(first) != magic:
		return WrongVersion
	}
	line, err := a.line()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(line, &a.meta); err != nil {
		return fmt.Errorf("%w: %w", WrongMeta, err)
	}
	return nil
}

// line returns everything up to the next line feed. It is valid until the next read.
func (a *Reader) line() ([]byte, error) {
	line, err := a.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, WrongMeta
	case err != nil:
		return nil, fault(err)
	}
	a.hash.Write(line)
	return line, nil
}

// Meta returns the metadata of the archive.
func (a *Reader) Meta() Meta { return a.meta }

// Next returns the next entry, or io.EOF after the last one, when everything that
// was read is known to be what was written.
func (a *Reader) Next() (*cache.Entry, error) {
	if a.err != nil {
		return nil, a.err
	}
	e, err := a.next()
	a.err = err
	return e, err
}

func (a *Reader) next() (*cache.Entry, error) {
	var length [4]byte
	if err := a.read(length[:]); err != nil {
		return nil, err
	}
	size := int64(binary.LittleEndian.Uint32(length[:]))
	switch {
	case size == 0:
		return nil, a.end()
	case size > MaxRecord:
		return nil, fmt.Errorf("%w: number %d has %d bytes", WrongRecord, a.count+1, size)
	}
	a.buf.Reset()
	if _, err := io.CopyN(&a.buf, io.TeeReader(a.in, a.hash), size); err != nil {
		return nil, fault(err)
	}
	e, err := record.Decode(a.buf.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%w: number %d: %w", WrongRecord, a.count+1, err)
	}
	a.count++
	return e, nil
}

// end returns io.EOF if the archive ends as it should.
func (a *Reader) end() error {
	var count [8]byte
	if err := a.read(count[:]); err != nil {
		return err
	}
	want := a.hash.Sum(nil)
	got := make([]byte, len(want))
	if err := a.read(got); err != nil {
		return err
	}
	switch {
	case !bytes.Equal(got, want):
		return WrongSum
	case binary.LittleEndian.Uint64(count[:]) != a.count:
		return WrongCount
	}
	// Only at its end does gzip compare its own checksum.
	for _, r := range []*bufio.Reader{a.in, a.file} {
		switch _, err := r.ReadByte(); {
		case err == nil:
			return TooLong
		case !errors.Is(err, io.EOF):
			return fault(err)
		}
	}
	return io.EOF
}

// read fills p, which counts towards the checksum.
func (a *Reader) read(p []byte) error {
	if _, err := io.ReadFull(a.in, p); err != nil {
		return fault(err)
	}
	a.hash.Write(p)
	return nil
}

// fault tells damage from faults of the underlying reader.
func fault(err error) error {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return CutShort
	case corrupt, errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("%w: %w", WrongGzip, err)
	}
	return fmt.Errorf("archive: read: %w", err)
}

// Verify reads a whole archive and returns its metadata and how many entries it has.
// Its errors are those of Reader.
func Verify(r io.Reader) (m Meta, entries int, err error) {
	a, err := NewReader(r)
	if err != nil {
		return Meta{}, 0, err
	}
	for {
		switch _, err := a.Next(); {
		case errors.Is(err, io.EOF):
			return a.meta, entries, nil
		case err != nil:
			return Meta{}, 0, err
		}
		entries++
	}
}
