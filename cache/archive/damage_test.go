package archive

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"reflect"
	"testing"
)

func TestEveryTruncationIsFound(t *testing.T) {
	whole := written(t, few()...)
	for n := range whole {
		if _, _, err := Verify(bytes.NewReader(whole[:n])); !isDamage(err) {
			t.Errorf("cut to %d of %d bytes: got error %v, want damage", n, len(whole), err)
		}
	}
	if _, _, err := Verify(bytes.NewReader(append(whole, 0))); !errors.Is(err, TooLong) {
		t.Errorf("a byte too many: got error %v", err)
	}
	if _, _, err := Verify(bytes.NewReader(append(whole, whole...))); !errors.Is(err, TooLong) {
		t.Errorf("an archive too many: got error %v", err)
	}
}

// A byte that is not what it was is found. Of single bits a few mean nothing: those
// that fill the last byte of a compressed block. What is read is the same then.
func TestEveryFlipIsFound(t *testing.T) {
	want := few()
	whole := written(t, want...)
	for i := range whole {
		whole[i] ^= 0xff
		if _, _, err := Verify(bytes.NewReader(whole)); !isDamage(err) {
			t.Errorf("byte %d of %d: got error %v, want damage", i, len(whole), err)
		}
		whole[i] ^= 0xff
		for bit := range 8 {
			whole[i] ^= 1 << bit
			m, got, err := readAll(bytes.NewReader(whole))
			if !isDamage(err) && (m != someMeta || !reflect.DeepEqual(got, want)) {
				t.Errorf("byte %d, bit %d: got (%v, %v, %v)", i, bit, m, got, err)
			}
			for n, e := range got {
				if err != nil && !reflect.DeepEqual(e, want[n]) {
					t.Errorf("byte %d, bit %d: entry %d is wrong before the damage is found", i, bit, n)
				}
			}
			whole[i] ^= 1 << bit
		}
	}
}

// TestEveryFlipInsideIsFound has gzip's own checksum right, so that it is the
// archive's that finds it.
func TestEveryFlipInsideIsFound(t *testing.T) {
	inside := unzipped(t, written(t, few()...))
	for i := range inside {
		for bit := range 8 {
			inside[i] ^= 1 << bit
			if _, _, err := Verify(bytes.NewReader(zipped(inside))); !isDamage(err) {
				t.Errorf("byte %d of %d, bit %d: got error %v, want damage", i, len(inside), bit, err)
			}
			inside[i] ^= 1 << bit
		}
	}
}

func isDamage(err error) bool {
	_, ok := errors.AsType[Damage](err)
	return ok
}

func unzipped(t testing.TB, file []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	inside, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return inside
}

// zipped puts gzip around bytes as they are, which is all that a reader minds. A
// new compressor for each archive would cost more than everything else here.
func zipped(inside []byte) []byte {
	var file bytes.Buffer
	storing.Reset(&file)
	_, _ = storing.Write(inside)
	_ = storing.Close()
	return file.Bytes()
}

var storing, _ = gzip.NewWriterLevel(nil, gzip.NoCompression)
