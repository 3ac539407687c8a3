package respond

import (
	"maps"
	"net/http"
	"slices"
	"testing"
)

// full is the header of a whole answer, as it would be without conditions.
func full() http.Header {
	return header(
		"Age", "5", "Cache-Control", "max-age=60", "Cdn-Cache-Control", "max-age=90", "Content-Digest", "sha-256=:AA==:", "Content-Encoding", "gzip",
		"Content-Language", "en", "Content-Length", "10", "Content-Location", "/x", "Content-Type", "text/plain",
		"Date", answered, "Etag", `"a"`, "Expires", later, "Last-Modified", modified, "Repr-Digest", "sha-256=:AA==:",
		"Vary", "Accept",
	)
}

// without returns the full header less some fields, more others.
func without(names []string, more ...string) http.Header {
	h := full()
	for _, name := range names {
		h.Del(name)
	}
	maps.Copy(h, header(more...))
	return h
}

func TestApply(t *testing.T) {
	described := []string{
		"Cache-Control", "Cdn-Cache-Control", "Content-Digest", "Content-Encoding", "Content-Language", "Content-Length",
		"Content-Location", "Content-Type", "Etag", "Expires", "Last-Modified", "Repr-Digest",
	}
	for _, tt := range []struct {
		rule    string
		request http.Header
		want    http.Header
	}{
		{"15.3.1 whole", header("If-None-Match", `"b"`),
			without(nil, "Accept-Ranges", "bytes")},
		{"15.3.7.1 one part", header("Range", "bytes=2-4"),
			without([]string{"Content-Digest"}, "Accept-Ranges", "bytes", "Content-Length", "3", "Content-Range", "bytes 2-4/10")},
		{"15.4.5 not modified", header("If-None-Match", `"a"`),
			without([]string{"Content-Digest", "Content-Encoding", "Content-Language", "Content-Length", "Content-Type", "Last-Modified"})},
		{"15.5.13 precondition failed", header("If-Match", `"b"`),
			without(described)},
		{"15.5.17 range not satisfiable", header("Range", "bytes=10-"),
			without(described, "Accept-Ranges", "bytes", "Content-Range", "bytes */10")},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			r, got := Select(http.MethodGet, tt.request, sample(t)), full()
			r.Apply(got)
			if !maps.EqualFunc(got, tt.want, slices.Equal) {
				t.Errorf("got %v,\nwant %v", got, tt.want)
			}
		})
	}
}

// TestApplyKeepsTheOnlyValidator: without an entity tag the date is what a cache
// finds the answer again by that a 304 is for (§15.4.5).
func TestApplyKeepsTheOnlyValidator(t *testing.T) {
	r, h := Selection{Status: http.StatusNotModified}, without([]string{"Etag"})
	r.Apply(h)
	if got, want := h.Get("Last-Modified"), modified; got != want {
		t.Errorf("got Last-Modified %q, want %q", got, want)
	}
}

// TestApplyDoesNotWriteIntoValues: answers share the values of their fields.
func TestApplyDoesNotWriteIntoValues(t *testing.T) {
	for _, request := range []http.Header{
		header("Range", "bytes=2-4"), header("Range", "bytes=99-"), header("If-None-Match", `"a"`), header("If-None-Match", `"b"`),
	} {
		shared := without(nil, "Accept-Ranges", "none", "Content-Range", "none")
		h := maps.Clone(shared)
		r := Select(http.MethodGet, request, sample(t))
		r.Apply(h)
		if want := without(nil, "Accept-Ranges", "none", "Content-Range", "none"); !maps.EqualFunc(shared, want, slices.Equal) {
			t.Errorf("%v changed the shared header to %v", request, shared)
		}
	}
}

func TestContent(t *testing.T) {
	body := []byte("0123456789")
	for _, tt := range []struct {
		rule    string
		request http.Header
		want    string
	}{
		{"15.3.1 whole", header("If-None-Match", `"b"`), "0123456789"},
		{"15.3.7.1 one part", header("Range", "bytes=2-4"), "234"},
		{"15.4.5 not modified", header("If-None-Match", `"a"`), ""},
		{"15.5.13 precondition failed", header("If-Match", `"b"`), ""},
		{"15.5.17 range not satisfiable", header("Range", "bytes=10-"), ""},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			r := Select(http.MethodGet, tt.request, sample(t))
			if got := string(contentOf(t, &r, body)); got != tt.want || int64(len(got)) != r.Length {
				t.Errorf("got %q and Length %d, want %q", got, r.Length, tt.want)
			}
		})
	}
}

// TestPartCannotGrow: appending to a part must not write into the body, which
// all clients share.
func TestPartCannotGrow(t *testing.T) {
	body := []byte("0123456789")
	r := Select(http.MethodGet, header("Range", "bytes=2-4"), sample(t))
	_ = append(r.Content(Bytes(body)).(Bytes), 'x')
	if got, want := string(body), "0123456789"; got != want {
		t.Errorf("the body became %q", got)
	}
}

func TestUnconditional(t *testing.T) {
	for _, tt := range []struct {
		name string
		want bool
	}{
		{"Accept", true},
		{"If-Range", true}, // means nothing alone
		{"If-Match", false},
		{"If-None-Match", false},
		{"If-Modified-Since", false},
		{"If-Unmodified-Since", false},
		{"Range", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Unconditional(header(tt.name, "")); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}
