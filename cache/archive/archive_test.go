package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"perigee/cache"
	"perigee/cache/cachetest"
)

var someMeta = Meta{Upstream: "https://ll.example.org:8443", Made: time.Date(2026, 3, 14, 15, 9, 26, 5, time.UTC), By: "perigee <test> & co"}

// written returns the archive of entries.
func written(t testing.TB, entries ...*cache.Entry) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := NewWriter(&file, someMeta)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := w.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// readAll returns what is in an archive, up to its end or the first error.
func readAll(file io.Reader) (m Meta, entries []*cache.Entry, err error) {
	r, err := NewReader(file)
	if err != nil {
		return Meta{}, nil, err
	}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Meta(), entries, nil
		}
		if err != nil {
			return r.Meta(), entries, err
		}
		entries = append(entries, e)
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var want []*cache.Entry
		for n := range rapid.IntRange(0, 5).Draw(rt, "entries") {
			e := cachetest.Entry(rapid.String().Draw(rt, "key"), n, rapid.IntRange(0, 100_000).Draw(rt, "size"))
			e.Target, e.Accept = rapid.String().Draw(rt, "target"), rapid.String().Draw(rt, "accept")
			want = append(want, e)
		}
		file := written(t, want...)
		m, got, err := readAll(iotest.OneByteReader(bytes.NewReader(file)))
		if err != nil || m != someMeta || !reflect.DeepEqual(got, want) {
			rt.Fatalf("got (%v, %v, %v), want %v", m, got, err, want)
		}
		if m, n, err := Verify(bytes.NewReader(file)); err != nil || m != someMeta || n != len(want) {
			rt.Fatalf("Verify: (%v, %d, %v), want %d entries", m, n, err, len(want))
		}
	})
}

// few are entries of a small archive, one of them without a body.
func few() []*cache.Entry {
	bare := &cache.Entry{Key: "bare", Header: http.Header{}, Body: []byte{}}
	return []*cache.Entry{cachetest.Entry("a", 1, 300), bare, cachetest.Entry("b", 2, 50)}
}

// ended closes what was forged with an end that fits it.
func ended(count uint64, parts ...string) []byte {
	inside := append([]byte(strings.Join(parts, "")), make([]byte, 4)...)
	inside = binary.LittleEndian.AppendUint64(inside, count)
	sum := sha256.Sum256(inside)
	return zipped(append(inside, sum[:]...))
}

func TestWhatIsNoArchive(t *testing.T) {
	huge := string(binary.LittleEndian.AppendUint32(nil, MaxRecord+1))
	long := string(binary.LittleEndian.AppendUint32(nil, MaxRecord)) + "x"
	for _, tt := range []struct {
		name string
		file []byte
		want Damage
	}{
		{"nothing", nil, NotArchive},
		{"text", []byte("count,next,previous,results\n"), NotArchive},
		{"other gzip", zipped([]byte("{}\n")), NotArchive},
		{"other gzip without lines", zipped(make([]byte, 1<<20)), NotArchive},
		{"empty gzip", zipped(nil), CutShort},
		{"a later version", ended(0, magicName, "2\n", "{}\n"), WrongVersion},
		{"no metadata", ended(0, magic, "upstream\n"), WrongMeta},
		{"endless metadata", ended(0, magic, `{"upstream":"`, strings.Repeat("x", maxMeta), "\"}\n"), WrongMeta},
		{"a record that is none", ended(1, magic, "{}\n", "\x03\x00\x00\x00abc"), WrongRecord},
		{"a record above the limit", ended(1, magic, "{}\n", huge), WrongRecord},
		{"a record that is not there", ended(1, magic, "{}\n", long), CutShort},
		{"another number of records", ended(1, magic, "{}\n"), WrongCount},
	} {
		if _, _, err := Verify(bytes.NewReader(tt.file)); !errors.Is(err, tt.want) {
			t.Errorf("%s: got error %v, want %v", tt.name, err, tt.want)
		}
	}
	if _, _, err := Verify(bytes.NewReader(ended(0, magic, "{}\n"))); err != nil {
		t.Errorf("without records: %v", err)
	}
}

// A forged length takes no memory for what is not there.
func TestForgedLengthsTakeNoMemory(t *testing.T) {
	file := ended(1, magic, "{}\n", string(binary.LittleEndian.AppendUint32(nil, MaxRecord)))
	const times = 10
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		if _, _, err := Verify(bytes.NewReader(file)); !errors.Is(err, CutShort) {
			t.Errorf("got error %v, want %v", err, CutShort)
		}
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / times; got > 1<<20 {
		t.Errorf("%d bytes were taken for a file of %d", got, len(file))
	}
}

// Faults of the medium are told from damage, and wrapped.
func TestFaultsOfTheMedium(t *testing.T) {
	fails := errors.New("no medium")
	whole := written(t, few()...)
	for _, n := range []int{0, 5, len(whole) / 2} {
		_, _, err := Verify(io.MultiReader(bytes.NewReader(whole[:n]), iotest.ErrReader(fails)))
		if !errors.Is(err, fails) || isDamage(err) {
			t.Errorf("after %d bytes: got error %v", n, err)
		}
	}
	w, err := NewWriter(&failing{fails}, someMeta)
	for n := 0; err == nil && n < 100; n++ {
		err = w.Add(cachetest.Entry(fmt.Sprint(n), n, 100_000))
	}
	if err == nil {
		err = w.Close()
	}
	if !errors.Is(err, fails) {
		t.Errorf("Writer: got error %v", err)
	}
	w, _ = NewWriter(io.Discard, someMeta)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Add(cachetest.Entry("late", 1, 1)) == nil || w.Close() == nil {
		t.Error("what is closed was written to")
	}
}

type failing struct{ err error }

func (f *failing) Write([]byte) (int, error) { return 0, f.err }

// An error stays: nothing is read past damage.
func TestAnErrorStays(t *testing.T) {
	file := ended(1, magic, "{}\n", "\x03\x00\x00\x00abc")
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if e, err := r.Next(); e != nil || !errors.Is(err, WrongRecord) {
			t.Errorf("got (%v, %v)", e, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(written(f, few()...))
	f.Add(written(f))
	f.Add(ended(1, magic, "{}\n", "\x03\x00\x00\x00abc"))
	f.Fuzz(func(t *testing.T, file []byte) {
		// As it is, and as what is compressed, which a fuzzer seldom gets right.
		for _, file := range [][]byte{file, zipped(file), zipped(slices.Concat([]byte(magic+"{}\n"), file))} {
			m, entries, err := readAll(bytes.NewReader(file))
			if err != nil {
				if !isDamage(err) {
					t.Errorf("got error %v, which is no damage", err)
				}
				continue
			}
			var again bytes.Buffer
			w, err := NewWriter(&again, m)
			if err != nil {
				continue // metadata that is written longer than it was
			}
			for _, e := range entries {
				if err := w.Add(e); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if _, got, err := readAll(&again); err != nil || !reflect.DeepEqual(got, entries) {
				t.Errorf("read again: %v", err)
			}
		}
	})
}
