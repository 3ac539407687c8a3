// Package record is an entry as bytes: checksummed, and in one versioned format
// wherever entries leave the process, be it to a file, to replicas or to another
// machine. What fails the checks is Damage, never an entry.
package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"perigee/cache"
)

// A record is an entry as bytes. Numbers are little-endian.
//
//	prefix    magic, version, length of the metadata, length of the body,
//	          SHA-256 of the body, four times
//	metadata  everything else but the body, see appendMeta
//	checksum  SHA-256 of prefix and metadata
//	body
//
// The times are at a fixed place, so that one short read is enough for eviction.
// The checksum of the body is there although an entry has a digest: that one is the
// owner's, and stored as it is.
const (
	magic      = "PERIGEE\n"
	version    = 1
	timeSize   = 8 + 4
	prefixSize = len(magic) + 4 + 4 + 8 + sha256.Size + 4*timeSize
)

// Damage says why bytes are not a record that can be trusted.
type Damage string

// Error implements error.
func (d Damage) Error() string { return "record: damaged: " + string(d) }

// The kinds of damage.
const (
	// WrongMagic: the bytes do not begin as a record does.
	WrongMagic Damage = "not a record"
	// WrongVersion: another version of this program wrote the record.
	WrongVersion Damage = "another version of the format"
	// WrongLength: the record is longer or shorter than its prefix says.
	WrongLength Damage = "not as long as it says"
	// WrongHead: prefix or metadata do not match their checksum.
	WrongHead Damage = "checksum of the head"
	// WrongBody: the body does not match its checksum.
	WrongBody Damage = "checksum of the body"
	// WrongMetadata: the checksums match, but the metadata makes no sense.
	WrongMetadata Damage = "metadata"
	// WrongName: whoever stores records by key found the record of another key.
	WrongName Damage = "under the name of another entry"
)

// Times are those of an entry that decide which entries to evict.
type Times struct {
	Answered, FreshUntil, StaleWhileRevalidateUntil, StaleIfErrorUntil time.Time
}

// TimesOf returns those of e.
func TimesOf(e *cache.Entry) Times {
	return Times{e.Answered, e.FreshUntil, e.StaleWhileRevalidateUntil, e.StaleIfErrorUntil}
}

// prefix is the part of a record that has a fixed size.
type prefix struct {
	metaLen uint32
	bodyLen uint64
	bodySum [sha256.Size]byte
	times   Times
}

// Encode returns the record of e.
func Encode(e *cache.Entry) []byte {
	head := Head(e)
	return append(slices.Grow(head, len(e.Body)), e.Body...)
}

// Head returns what precedes the body in the record of e. Head and body together
// are the record.
func Head(e *cache.Entry) []byte {
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

// readPrefix reads the prefix of a record that is size bytes long in all. It is
// consistent then, but not yet verified. raw is what was read.
func readPrefix(r io.Reader, size int64) (p prefix, raw []byte, err error) {
	raw = make([]byte, prefixSize)
	if err := readFull(r, raw); err != nil {
		return p, nil, err
	}
	rest, ok := bytes.CutPrefix(raw, []byte(magic))
	if !ok {
		return p, nil, WrongMagic
	}
	c := cursor{rest: rest}
	if c.uint32() != version {
		return p, nil, WrongVersion
	}
	p.metaLen, p.bodyLen = c.uint32(), c.uint64()
	p.bodySum = c.sum()
	p.times.Answered, p.times.FreshUntil = c.time(), c.time()
	p.times.StaleWhileRevalidateUntil, p.times.StaleIfErrorUntil = c.time(), c.time()
	if c.failed {
		return p, nil, WrongMetadata
	}
	// In this order nothing can overflow.
	if p.bodyLen > uint64(size) || int64(p.bodyLen) != size-int64(prefixSize+sha256.Size)-int64(p.metaLen) {
		return p, nil, WrongLength
	}
	return p, raw, nil
}

// Peek returns the times in a record that is size bytes long. It reads only the
// beginning, and verifies nothing but the lengths. The error is a Damage, or a fault
// of r.
func Peek(r io.Reader, size int64) (Times, error) {
	p, _, err := readPrefix(r, size)
	return p.times, err
}

// Decode is Read for a record in memory. The entry does not refer to its bytes.
func Decode(b []byte) (*cache.Entry, error) { return Read(bytes.NewReader(b), int64(len(b))) }

// Read reads a record that is size bytes long and verifies all of it. It never
// allocates more than about that, whatever the record says. The error is a
// Damage, or a fault of r.
func Read(r io.Reader, size int64) (*cache.Entry, error) {
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
		return nil, WrongHead
	}
	// The body gets memory of its own: it stays when the head is garbage.
	body := make([]byte, p.bodyLen)
	if err := readFull(r, body); err != nil {
		return nil, err
	}
	if sha256.Sum256(body) != p.bodySum {
		return nil, WrongBody
	}
	e := &cache.Entry{
		Body: body, Answered: p.times.Answered, FreshUntil: p.times.FreshUntil,
		StaleWhileRevalidateUntil: p.times.StaleWhileRevalidateUntil,
		StaleIfErrorUntil:         p.times.StaleIfErrorUntil,
	}
	if !parseMeta(meta, e) {
		return nil, WrongMetadata
	}
	return e, nil
}

// readFull fills p. That there are fewer bytes is damage: records do not grow.
func readFull(r io.Reader, p []byte) error {
	_, err := io.ReadFull(r, p)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return WrongLength
	case err != nil:
		return fmt.Errorf("read: %w", err)
	}
	return nil
}
