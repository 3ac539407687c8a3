package respond

import (
	"net/http"
	"testing"
)

// browser is the header of a usual request without conditions.
func browser() http.Header {
	return header(
		"Accept", "application/json", "Accept-Encoding", "gzip, deflate, br", "Accept-Language", "en-GB,en;q=0.9",
		"Connection", "keep-alive", "Origin", "https://example.org", "Referer", "https://example.org/", "Sec-Fetch-Dest", "empty",
		"Sec-Fetch-Mode", "cors", "Sec-Fetch-Site", "cross-site", "User-Agent", "Mozilla/5.0 (X11; Linux x86_64)",
	)
}

// library is that of a program.
func library() http.Header {
	return header("Accept", "*/*", "Accept-Encoding", "gzip, deflate", "User-Agent", "python-requests/2.32.3")
}

// TestAllocations: what hits on memory ask for must not allocate.
func TestAllocations(t *testing.T) {
	revalidation := browser()
	revalidation.Set("If-None-Match", `W/"b", "a"`)
	since := browser()
	since.Set("If-Modified-Since", modified)
	rep := sample(t)
	for name, request := range map[string]http.Header{
		"browser": browser(), "library": library(), "If-None-Match": revalidation, "If-Modified-Since": since,
	} {
		t.Run(name, func(t *testing.T) {
			var status int
			allocs := testing.AllocsPerRun(100, func() {
				r := Select(http.MethodGet, request, rep)
				status += r.Status
			})
			if allocs != 0 {
				t.Errorf("got %v allocations, want none", allocs)
			}
		})
	}
}

func BenchmarkSelect(b *testing.B) {
	revalidation := browser()
	revalidation.Set("If-None-Match", `"0123456789abcdef01234567"`)
	part := browser()
	part.Set("Range", "bytes=0-499")
	rep := sample(b)
	rep.ETag, rep.Length = `"0123456789abcdef01234567"`, 22000
	for _, bb := range []struct {
		name    string
		request http.Header
	}{
		{"browser", browser()}, {"library", library()}, {"If-None-Match", revalidation}, {"Range", part},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r := Select(http.MethodGet, bb.request, rep); r.Status == 0 {
					b.Fatal("no status")
				}
			}
		})
	}
}

func BenchmarkUnconditional(b *testing.B) {
	for _, bb := range []struct {
		name    string
		request http.Header
	}{
		{"browser", browser()}, {"library", library()},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !Unconditional(bb.request) {
					b.Fatal("not unconditional")
				}
			}
		})
	}
}
