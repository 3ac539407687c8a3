package ll2_test

import (
	"fmt"
	"strings"
	"testing"

	"perigee/proxy/ll2"
)

// wide is a window of 100 elements in 2 MB.
func wide(b *testing.B) (*ll2.Resource, *ll2.Window) {
	asked := resolved(b, "/2.3.0/spacecraft/", "limit=100", "*/*")
	body := strings.Replace(string(page(100, 60)), "limit=10&offset=10", "limit=100&offset=100", 1)
	return asked, believed(b, asked, body)
}

// Ten of a hundred elements, of 20 KB and with 61 links each.
func BenchmarkCut(b *testing.B) {
	_, w := wide(b)
	for _, bb := range []struct {
		name, query string
		reuse       bool // of the memory that the page is written to
	}{
		{"10 into new memory", "offset=40", false},
		{"10", "offset=40", true},
		{"10 with format", "offset=40&format=json", true},
		{"1", "offset=40&limit=1", true},
	} {
		res := resolved(b, "/2.3.0/spacecraft/", bb.query, "*/*")
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			var body []byte
			for b.Loop() {
				c, ok := ll2.NewCut(res.Page, w, w)
				if !ok {
					b.Fatal("cannot be cut")
				}
				s := res.Substitution(local, c.Count())
				if n := c.Len(s); !bb.reuse || cap(body) < n {
					body = make([]byte, 0, n)
				}
				body = c.Append(body[:0], s)
				b.SetBytes(int64(len(body)))
			}
		})
	}
}

func BenchmarkNewWindow(b *testing.B) {
	asked, _ := wide(b)
	body := []byte(strings.Replace(string(page(100, 60)), "limit=10&offset=10", "limit=100&offset=100", 1))
	l, err := ll2.ScanJSON(body, upstream)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, doubt := ll2.NewWindow(asked, body, &l); doubt != ll2.NoDoubt {
			b.Fatal(doubt)
		}
	}
}

// All identities of a window, as when it is stored.
func BenchmarkObjects(b *testing.B) {
	asked := resolved(b, "/2.3.0/spacecraft/", "limit=100&mode=detailed", "*/*")
	body := strings.Replace(string(page(100, 60)), "limit=10&offset=10", "limit=100&mode=detailed&offset=100", 1)
	w := believed(b, asked, strings.ReplaceAll(body, `"response_mode":"normal"`, `"response_mode":"detailed"`))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for range w.Objects(asked) {
			n++
		}
		if n != 100 {
			b.Fatal(fmt.Sprint(n, " objects"))
		}
	}
}
