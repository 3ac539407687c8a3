package body_test

import (
	"fmt"
	"strings"
	"testing"

	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/ll2/ll2test"
)

// wide is a window of 100 elements in 2 MB.
func wide(b *testing.B) (*ll2.Resource, *body.Window) {
	fetched := ll2test.Resolve(b, "/2.3.0/spacecraft/", "limit=100", "*/*")
	data := strings.Replace(string(page(100, 60)), "limit=10&offset=10", "limit=100&offset=100", 1)
	return fetched, ll2test.Window(b, fetched, data)
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
		res := ll2test.Resolve(b, "/2.3.0/spacecraft/", bb.query, "*/*")
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			var data []byte
			for b.Loop() {
				c, ok := body.NewCut(res.Page, w, w)
				if !ok {
					b.Fatal("cannot be cut")
				}
				s := body.SubstitutionFor(res, local, c.Count())
				if !bb.reuse {
					data = nil
				}
				data = c.Text(s).Append(data[:0])
				b.SetBytes(int64(len(data)))
			}
		})
	}
}

func BenchmarkNewWindow(b *testing.B) {
	fetched, _ := wide(b)
	data := []byte(strings.Replace(string(page(100, 60)), "limit=10&offset=10", "limit=100&offset=100", 1))
	l, err := body.ScanJSON(data, upstream)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, why := body.NewWindow(fetched, data, &l); why != body.NotRejected {
			b.Fatal(why)
		}
	}
}

// All identities of a window, as when it is stored.
func BenchmarkObjects(b *testing.B) {
	fetched := ll2test.Resolve(b, "/2.3.0/spacecraft/", "limit=100&mode=detailed", "*/*")
	data := strings.Replace(string(page(100, 60)), "limit=10&offset=10", "limit=100&mode=detailed&offset=100", 1)
	w := ll2test.Window(b, fetched, strings.ReplaceAll(data, `"response_mode":"normal"`, `"response_mode":"detailed"`))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for range w.Objects(fetched) {
			n++
		}
		if n != 100 {
			b.Fatal(fmt.Sprint(n, " objects"))
		}
	}
}
