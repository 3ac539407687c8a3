package disk

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"perigee/cache"
)

// A record is an entry in a file. Numbers are little-endian.
//
//	prefix    magic, version, length of the metadata, length of the body,
//	          SHA-256 of the body, four times
//	metadata  everything else but the body, see appendMeta
//	checksum  SHA-256 of prefix and metadata
//	body
//
// The times stand at a fixed place, so that one short read tells what an entry
// is worth. The checksum of the body is there although an entry has a digest:
// that one is the owner's, and kept as it is.
const (
	magic      = "PERIGEE\n"
	version    = 1
	timeSize   = 8 + 4
	prefixSize = len(magic) + 4 + 4 + 8 + sha256.Size + 4*timeSize
)

// damage says why a file is not a record that can be served.
type damage string

func (d damage) Error() string { return "disk: damaged: " + string(d) }

const (
	wrongMagic    damage = "not a file of this cache"
	wrongVersion  damage = "another version of the format"
	wrongLength   damage = "not as long as it says"
	wrongHead     damage = "checksum of the head"
	wrongBody     damage = "checksum of the body"
	wrongMetadata damage = "metadata"
	wrongName     damage = "under the name of another entry"
)

// prefix is the part of a record that has a fixed size.
type prefix struct {
	metaLen uint32
	bodyLen uint64
	bodySum [sha256.Size]byte
	// What the entry says of itself.
	answered, freshUntil, staleWhileRevalidateUntil, staleIfErrorUntil time.Time
}

// encodeHead returns what stands before the body in the record of e.
func encodeHead(e *cache.Entry) []byte {
	meta := appendMeta(nil, e)
	head := make([]byte, 0, prefixSize+len(meta)+sha256.Size)
	head = append(head, magic...)
	head = binary.LittleEndian.AppendUint32(head, version)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(meta)))
	head = binary.LittleEndian.AppendUint64(head, uint64(len(e.Body)))
	sum := sha256.Sum256(e.Body)
	head = append(head, sum[:]...)
	for _, t := range []time.Time{e.Answered, e.FreshUntil, e.StaleWhileRevalidateUntil, e.StaleIfErrorUntil} {
		head = appendTime(head, t)
	}
	head = append(head, meta...)
	sum = sha256.Sum256(head)
	return append(head, sum[:]...)
}

// readPrefix reads the prefix of a record that is size bytes long in all. What
// it says is consistent then, but not yet verified. raw is what was read.
func readPrefix(r io.Reader, size int64) (p prefix, raw []byte, err error) {
	raw = make([]byte, prefixSize)
	if err := readFull(r, raw); err != nil {
		return p, nil, err
	}
	rest, ok := bytes.CutPrefix(raw, []byte(magic))
	if !ok {
		return p, nil, wrongMagic
	}
	c := cursor{rest: rest}
	if c.uint32() != version {
		return p, nil, wrongVersion
	}
	p.metaLen, p.bodyLen = c.uint32(), c.uint64()
	p.bodySum = c.sum()
	p.answered, p.freshUntil = c.time(), c.time()
	p.staleWhileRevalidateUntil, p.staleIfErrorUntil = c.time(), c.time()
	if c.failed {
		return p, nil, wrongMetadata
	}
	// In this order nothing can overflow.
	if p.bodyLen > uint64(size) || int64(p.bodyLen) != size-int64(prefixSize+sha256.Size)-int64(p.metaLen) {
		return p, nil, wrongLength
	}
	return p, raw, nil
}

// decode reads a record that is size bytes long and verifies all of it. It never
// allocates more than about that, whatever the record says. The error is a
// damage, or a fault of r.
func decode(r io.Reader, size int64) (*cache.Entry, error) {
	p, raw, err := readPrefix(r, size)
	if err != nil {
		return nil, err
	}
	head := make([]byte, int(p.metaLen)+sha256.Size)
	if err := readFull(r, head); err != nil {
		return nil, err
	}
	meta, sum := head[:p.metaLen], head[p.metaLen:]
	hash := sha256.New()
	hash.Write(raw)
	hash.Write(meta)
	if !bytes.Equal(hash.Sum(nil), sum) {
		return nil, wrongHead
	}
	// The body gets memory of its own: it stays when the head is garbage.
	body := make([]byte, p.bodyLen)
	if err := readFull(r, body); err != nil {
		return nil, err
	}
	if sha256.Sum256(body) != p.bodySum {
		return nil, wrongBody
	}
	e := &cache.Entry{
		Body: body, Answered: p.answered, FreshUntil: p.freshUntil,
		StaleWhileRevalidateUntil: p.staleWhileRevalidateUntil, StaleIfErrorUntil: p.staleIfErrorUntil,
	}
	if !parseMeta(meta, e) {
		return nil, wrongMetadata
	}
	return e, nil
}

// readFull fills p. That there is less is damage, for files do not grow.
func readFull(r io.Reader, p []byte) error {
	_, err := io.ReadFull(r, p)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return wrongLength
	case err != nil:
		return fmt.Errorf("read: %w", err)
	}
	return nil
}
