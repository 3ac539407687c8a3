package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"net/http"
	"reflect"
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/cachetest"
)

func TestRecordRoundTrip(t *testing.T) {
	full := cachetest.Entry("key", 7, 300)
	odd := &cache.Entry{
		Key: "\x00\xff", Status: -1, Age: -1, Body: []byte{},
		Header: http.Header{"": {""}, "None": nil, "caf\xe9": {"\x00", ""}},
		Asked:  time.Date(-5000, 1, 1, 0, 0, 0, 1, time.UTC), FreshUntil: time.Date(9999, 1, 1, 0, 0, 0, 999_999_999, time.UTC),
	}
	bare := &cache.Entry{Header: http.Header{}, Body: []byte{}}
	for _, want := range []*cache.Entry{full, odd, bare} {
		got, err := Decode(Encode(want))
		if err != nil {
			t.Fatalf("%q: %v", want.Key, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got\n%+v, want\n%+v", got, want)
		}
		if cap(got.Body) != len(want.Body) {
			t.Errorf("got a body with room for %d, want %d", cap(got.Body), len(want.Body))
		}
	}
}

// TestRecordFlips changes every byte, in each of its bits.
func TestRecordFlips(t *testing.T) {
	whole := Encode(cachetest.Entry("key", 1, 100))
	for i := range whole {
		for bit := range 8 {
			whole[i] ^= 1 << bit
			wantDamage(t, whole, "byte %d, bit %d", i, bit)
			whole[i] ^= 1 << bit
		}
	}
}

// TestRecordTruncations cuts at every length, as a medium does that lost what it
// had not yet written, or kept only the length.
func TestRecordTruncations(t *testing.T) {
	whole := Encode(cachetest.Entry("key", 1, 100))
	for n := range whole {
		wantDamage(t, whole[:n], "cut to %d", n)
		zeroed := append(bytes.Clone(whole[:n]), make([]byte, len(whole)-n)...)
		if !bytes.Equal(zeroed, whole) {
			wantDamage(t, zeroed, "zeros from %d", n)
		}
	}
	wantDamage(t, append(whole, 0), "a byte too many")
}

func wantDamage(t *testing.T, file []byte, format string, args ...any) {
	t.Helper()
	e, err := Decode(file)
	if why := Damage(""); e != nil || !errors.As(err, &why) {
		t.Errorf(format+": got (%v, %v), want damage", append(args, e, err)...)
	}
}

// TestRecordVersion shows that a file of another version is told from damage.
func TestRecordVersion(t *testing.T) {
	file := Encode(cachetest.Entry("key", 1, 100))
	file[len(magic)]++
	if _, err := Decode(file); !errors.Is(err, WrongVersion) {
		t.Errorf("got error %v, want %v", err, WrongVersion)
	}
}

// sealed returns a record with forged parts under checksums that are right.
func sealed(meta, body []byte, metaLen uint32, bodyLen uint64) []byte {
	b := Head(&cache.Entry{Body: body})[:prefixSize]
	binary.LittleEndian.PutUint32(b[len(magic)+4:], metaLen)
	binary.LittleEndian.PutUint64(b[len(magic)+8:], bodyLen)
	b = append(b, meta...)
	sum := sha256.Sum256(b)
	return append(append(b, sum[:]...), body...)
}

func TestRecordForgedLengths(t *testing.T) {
	meta := appendMeta(nil, cachetest.Entry("key", 1, 0))
	size := uint32(len(meta))
	if _, err := Decode(sealed(meta, nil, size, 0)); err != nil {
		t.Fatalf("with the right lengths: %v", err)
	}
	for _, tt := range []struct {
		name    string
		metaLen uint32
		bodyLen uint64
		tooLong bool
	}{
		{"long metadata", 1<<32 - 1, 0, true},
		{"long body", size, 1<<64 - 1, true},
		{"negative body", size, 1 << 63, true},
		{"both, which cancel out", size + 100, 1<<64 - 100, true},
		{"body in place of metadata", 0, uint64(size), false},
	} {
		file := sealed(meta, nil, tt.metaLen, tt.bodyLen)
		if e, err := Decode(file); err == nil {
			t.Errorf("%s: got %v and no error", tt.name, e)
		}
		// Before anything is allocated by it.
		if _, _, err := readPrefix(bytes.NewReader(file), int64(len(file))); tt.tooLong && !errors.Is(err, WrongLength) {
			t.Errorf("%s: got error %v, want %v", tt.name, err, WrongLength)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Encode(cachetest.Entry("key", 1, 100)))
	f.Add(Encode(&cache.Entry{}))
	f.Fuzz(func(t *testing.T, file []byte) {
		e, err := Decode(file)
		if (e == nil) == (err == nil) {
			t.Fatalf("got (%v, %v)", e, err)
		}
		if e != nil && !bytes.Equal(Encode(e), file) {
			t.Error("what was read is written differently")
		}
	})
}

// FuzzMetadata has the checksums right, so that everything behind them is tried.
func FuzzMetadata(f *testing.F) {
	f.Add(appendMeta(nil, cachetest.Entry("key", 1, 100)))
	f.Add(appendMeta(nil, &cache.Entry{}))
	f.Add(binary.AppendUvarint(nil, 1<<62))
	none := appendMeta(nil, &cache.Entry{}) // ends with the number of fields
	f.Add(binary.AppendUvarint(none[:len(none)-1], 1<<62))
	f.Fuzz(func(t *testing.T, meta []byte) {
		file := sealed(meta, nil, uint32(len(meta)), 0)
		var e *cache.Entry
		allocated := testing.AllocsPerRun(1, func() { e, _ = Decode(file) })
		if limit := 50 + 2*len(meta); allocated > float64(limit) {
			t.Errorf("got %v allocations for %d bytes, limit %d", allocated, len(meta), limit)
		}
		if e == nil {
			return
		}
		again, err := Decode(Encode(e))
		if err != nil || !reflect.DeepEqual(again, e) {
			t.Errorf("got (%+v, %v), want %+v", again, err, e)
		}
	})
}
