package respond

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// part is what a client reads of one part.
type part struct{ mediaType, contentRange, body string }

// readParts reads an answer as a client does.
func readParts(t rapid.TB, contentType string, content []byte) []part {
	t.Helper()
	mediaType, params, err := mime.ParseMediaType(contentType)
	if err != nil || mediaType != "multipart/byteranges" {
		t.Fatalf("got Content-Type %q, %v", contentType, err)
	}
	var parts []part
	for r := multipart.NewReader(bytes.NewReader(content), params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err == io.EOF {
			return parts
		}
		if err != nil {
			t.Fatalf("read the parts of %q: %v", content, err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			t.Fatalf("read a part of %q: %v", content, err)
		}
		parts = append(parts, part{p.Header.Get("Content-Type"), p.Header.Get("Content-Range"), string(body)})
	}
}

// TestPartsInOrder: parts come in the order they were asked for, without those
// that cannot be had (§15.3.7.2).
func TestPartsInOrder(t *testing.T) {
	body := []byte(strings.Repeat("0123456789", 100))
	rep := Representation{MediaType: "text/plain; charset=utf-8", Length: int64(len(body))}
	r := Select(http.MethodGet, header("Range", "bytes=-3, 1000-, 5-8, 0-0"), rep)
	h := header("Content-Type", rep.MediaType, "Content-Range", "stale")
	r.Apply(h)
	if h.Get("Content-Range") != "" {
		t.Errorf("got Content-Range %q beside parts that have one each", h.Get("Content-Range"))
	}
	got := readParts(t, h.Get("Content-Type"), contentOf(t, &r, body))
	want := []part{
		{rep.MediaType, "bytes 997-999/1000", "789"},
		{rep.MediaType, "bytes 5-8/1000", "5678"},
		{rep.MediaType, "bytes 0-0/1000", "0"},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestPartsWithoutMediaType: a part of what has no media type has none (§14.6).
func TestPartsWithoutMediaType(t *testing.T) {
	r := Select(http.MethodGet, header("Range", "bytes=0-0,5-5"), Representation{Length: 1000})
	if content := contentOf(t, &r, make([]byte, 1000)); bytes.Contains(content, []byte("Content-Type")) {
		t.Errorf("got %q", content)
	}
}

// TestBoundaryDiffers: who writes a body must not be able to end a part in it.
func TestBoundaryDiffers(t *testing.T) {
	rep := Representation{Length: 1000}
	one := Select(http.MethodGet, header("Range", "bytes=0-0,5-5"), rep)
	two := Select(http.MethodGet, header("Range", "bytes=0-0,5-5"), rep)
	if one.parts.boundary == two.parts.boundary || len(one.parts.boundary) < 20 {
		t.Errorf("got boundaries %q and %q", one.parts.boundary, two.parts.boundary)
	}
}

// TestContentIsTheBody: whatever is asked for, what the client can put together
// of the answer is that slice of the body, and Length is right.
func TestContentIsTheBody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "body")
		var set []string
		for range rapid.IntRange(1, maxRanges).Draw(t, "ranges") {
			a := rapid.IntRange(0, 3300).Draw(t, "first")
			b := a + rapid.IntRange(0, 200).Draw(t, "more")
			set = append(set, rapid.SampledFrom([]string{fmt.Sprintf("%d-%d", a, b), fmt.Sprintf("%d-", a), fmt.Sprintf("-%d", b-a)}).Draw(t, "spec"))
		}
		request := header("Range", "bytes="+strings.Join(set, ","))
		rep := Representation{MediaType: "application/json", Length: int64(len(body))}
		r := Select(http.MethodGet, request, rep)
		checkContent(t, &r, body)
	})
}

func checkContent(t *rapid.T, r *Selection, body []byte) {
	content := contentOf(t, r, body)
	if int64(len(content)) != r.Length {
		t.Fatalf("got %d bytes, but Length %d", len(content), r.Length)
	}
	h := header("Content-Type", "application/json")
	r.Apply(h)
	switch {
	case r.Status == http.StatusOK && !bytes.Equal(content, body):
		t.Errorf("got %q, want everything", content)
	case r.Status == http.StatusPartialContent:
		parts := []part{{h.Get("Content-Type"), h.Get("Content-Range"), string(content)}}
		if len(r.Spans) > 1 {
			parts = readParts(t, h.Get("Content-Type"), content)
		}
		for i, s := range r.Spans {
			want := part{"application/json", fmt.Sprintf("bytes %d-%d/%d", s.Start, s.End-1, len(body)), string(body[s.Start:s.End])}
			if parts[i] != want {
				t.Errorf("part %d: got %q, want %q", i, parts[i], want)
			}
		}
	}
}
