package respond

import (
	"bytes"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// chopped is a content in pieces of a few bytes.
type chopped struct {
	body  []byte
	piece int
}

func (c chopped) Len() int                   { return len(c.body) }
func (c chopped) Segments() iter.Seq[[]byte] { return slices.Chunk(c.body, c.piece) }

// tb is what testing.T and rapid.T have in common.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
}

// contentOf is what is sent of a body. It is checked to be the same whether the body
// is there as a whole or in pieces, and whether it is written or read.
func contentOf(t tb, s *Selection, body []byte) []byte {
	t.Helper()
	got := bytes.Join(slices.Collect(s.Content(Bytes(body)).Segments()), nil)
	for _, piece := range []int{1, 7, 100_000} {
		c := s.Content(chopped{body, piece})
		if c.Len() != len(got) {
			t.Fatalf("%d bytes are said to be %d", len(got), c.Len())
		}
		var written bytes.Buffer
		if c.Len() > 0 {
			if err := writeTo(&written, c); err != nil {
				t.Fatalf("%v", err)
			}
		}
		r := reading(c)
		read, err := io.ReadAll(r)
		if err != nil || r.Close() != nil {
			t.Fatalf("%v", err)
		}
		if !bytes.Equal(written.Bytes(), got) || !bytes.Equal(read, got) {
			t.Fatalf("in pieces of %d: written %q, read %q, want %q", piece, written.Bytes(), read, got)
		}
	}
	return got
}

// A body that nobody reads to its end leaves nothing behind: goleak looks, at the end of
// the tests of this package.
func TestReadingMayEndEarly(t *testing.T) {
	r := reading(chopped{bytes.Repeat([]byte("x"), 100), 3})
	if n, err := r.Read(make([]byte, 10)); n != 10 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// Large contents are sent in large pieces, and no more of them once the client is gone.
func TestContentsAreSentInPieces(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789"), 10_000)
	var w pieces
	if err := writeTo(&w, chopped{body, 3}); err != nil {
		t.Fatal(err)
	}
	if want := len(body)/flushSize + 1; len(w.sizes) != want || !bytes.Equal(w.all, body) {
		t.Errorf("sent in %d pieces, want %d", len(w.sizes), want)
	}
	w = pieces{most: 2}
	if err := writeTo(&w, chopped{body, 3}); err == nil || len(w.sizes) != 2 {
		t.Errorf("sent %d pieces to a client that is gone, %v", len(w.sizes), err)
	}
	rec := httptest.NewRecorder()
	x := NewExchange(rec, httptest.NewRequest(http.MethodHead, "/", nil))
	x.Send(http.StatusOK, chopped{body, 3})
	if rec.Body.Len() > 0 || rec.Header().Get("Content-Length") != "100000" {
		t.Errorf("HEAD got %d bytes, Content-Length %q", rec.Body.Len(), rec.Header().Get("Content-Length"))
	}
}

// pieces is a writer that notes what it is given at once.
type pieces struct {
	sizes []int
	all   []byte
	most  int // writes that work; 0: all
}

func (p *pieces) Write(b []byte) (int, error) {
	if p.most > 0 && len(p.sizes) == p.most {
		return 0, io.ErrClosedPipe
	}
	p.sizes, p.all = append(p.sizes, len(b)), append(p.all, b...)
	return len(b), nil
}
