package record

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"net/http"
	"slices"
	"time"

	"perigee/cache"
)

// appendMeta appends the metadata of e: key, target, accept, status, age, when it was
// asked, date, digest, header. Strings are bytes preceded by their length, since
// neither keys nor header fields need be UTF-8, as JSON requires.
func appendMeta(b []byte, e *cache.Entry) []byte {
	b = appendString(b, e.Key)
	b = appendString(b, e.Target)
	b = appendString(b, e.Accept)
	b = binary.AppendVarint(b, int64(e.Status))
	b = binary.AppendVarint(b, int64(e.Age))
	b = appendTime(b, e.Asked)
	b = appendTime(b, e.Date)
	b = append(b, e.Digest[:]...)
	b = binary.AppendUvarint(b, uint64(len(e.Header)))
	for _, name := range slices.Sorted(maps.Keys(e.Header)) {
		b = appendString(b, name)
		b = binary.AppendUvarint(b, uint64(len(e.Header[name])))
		for _, value := range e.Header[name] {
			b = appendString(b, value)
		}
	}
	return b
}

// parseMeta reads what appendMeta wrote, and sets those fields of e.
func parseMeta(b []byte, e *cache.Entry) bool {
	c := cursor{rest: b}
	e.Key, e.Target, e.Accept = c.string(), c.string(), c.string()
	e.Status = int(c.varint())
	e.Age = time.Duration(c.varint())
	e.Asked, e.Date = c.time(), c.time()
	e.Digest = c.sum()
	e.Header = make(http.Header)
	for range c.count() {
		name := c.string()
		var values []string
		for range c.count() {
			values = append(values, c.string())
		}
		e.Header[name] = values
	}
	return !c.failed && len(c.rest) == 0
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendTime writes seconds and nanoseconds. Nanoseconds alone in 64 bits would
// end in 2262.
func appendTime(b []byte, t time.Time) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(t.Unix()))
	return binary.LittleEndian.AppendUint32(b, uint32(t.Nanosecond()))
}

// cursor reads from the front of bytes. When they run out, or make no sense, it has
// failed, for good, and returns zeros.
type cursor struct {
	rest   []byte
	failed bool
}

// take returns the next n bytes, or nil.
func (c *cursor) take(n uint64) []byte {
	if c.failed || n > uint64(len(c.rest)) {
		c.failed = true
		return nil
	}
	taken := c.rest[:n]
	c.rest = c.rest[n:]
	return taken
}

func (c *cursor) uint32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) uint64() uint64 {
	if b := c.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (c *cursor) sum() (sum [sha256.Size]byte) {
	copy(sum[:], c.take(sha256.Size))
	return sum
}

func (c *cursor) string() string { return string(c.take(c.uvarint())) }

// count returns how many items follow. Each takes a byte at least, so a forged count
// cannot make a loop run longer than there are bytes.
func (c *cursor) count() uint64 {
	n := c.uvarint()
	if c.failed || n > uint64(len(c.rest)) {
		c.failed = true
		return 0
	}
	return n
}

func (c *cursor) uvarint() uint64 {
	n, size := binary.Uvarint(c.rest)
	c.skip(size)
	return n
}

func (c *cursor) varint() int64 {
	n, size := binary.Varint(c.rest)
	c.skip(size)
	return n
}

// skip goes past a varint of that size, which is not positive for a malformed one.
func (c *cursor) skip(size int) {
	if size <= 0 {
		c.failed = true
		return
	}
	c.take(uint64(size))
}

// time returns a time in UTC. The zero time comes back as it was.
func (c *cursor) time() time.Time {
	seconds, nanos := int64(c.uint64()), c.uint32()
	if nanos >= uint32(time.Second) {
		c.failed = true
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanos)).UTC()
}
