package body_test

import (
	"fmt"
	"strings"
	"testing"

	"perigee/proxy/ll2/body"
)

// page returns a page of n spacecraft as upstream writes them, each with so many
// agencies: about 450 bytes and 330 for each agency.
func page(n, agencies int) []byte {
	var b strings.Builder
	b.WriteString(`{"count":590,"next":"https://ll.thespacedevs.com/2.3.0/spacecraft/?limit=10&offset=10","previous":null,"results":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"response_mode":"normal","id":%d,"url":"https://ll.thespacedevs.com/2.3.0/spacecraft/%d/",`+
			`"name":"Soyuz %d","in_space":false,"time_docked":"PT4H35M","flights_count":1,"image":{"id":1927,"name":"[AUTO] Soyuz",`+
			`"image_url":"https://thespacedevs-prod.nyc3.digitaloceanspaces.com/media/images/soyuz_image_20201015191152.jpg",`+
			`"credit":null,"license":{"id":1,"name":"Unknown","priority":9,"link":null},"single_use":true,"variants":[]},"agencies":[`, i, i, i)
		for j := range agencies {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"response_mode":"list","id":%d,"url":"https://ll.thespacedevs.com/2.3.0/agencies/%d/","name":"Energia",`+
				`"abbrev":"OKB-1","type":{"id":1,"name":"Government"},"founded":null,"description":"The bureau built the launcher, `+
				`its upper stage and the spacecraft itself, and trained those who flew in it, from the first flight on to this day."}`, j, j)
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

// benchmarkPages runs f for a page of 22 KB and one of 2 MB.
func benchmarkPages(b *testing.B, f func(b *testing.B, data []byte)) {
	for _, bb := range []struct {
		name string
		data []byte
	}{{"22KB", page(10, 5)}, {"2MB", page(100, 60)}} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.data)))
			b.ReportAllocs()
			f(b, bb.data)
		})
	}
}

func BenchmarkScanJSON(b *testing.B) {
	benchmarkPages(b, func(b *testing.B, data []byte) {
		for b.Loop() {
			if _, err := body.ScanJSON(data, upstream); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkScanHTML(b *testing.B) {
	benchmarkPages(b, func(b *testing.B, data []byte) {
		for b.Loop() {
			body.ScanHTML(data, upstream)
		}
	})
}

func BenchmarkText(b *testing.B) {
	benchmarkPages(b, func(b *testing.B, data []byte) {
		l, err := body.ScanJSON(data, upstream)
		if err != nil {
			b.Fatal(err)
		}
		s := body.Substitution{Base: local, Suffix: "?format=json", Page: true, Next: local + "/2.3.0/spacecraft/?format=json&limit=10&offset=10"}
		var buf []byte
		for b.Loop() {
			buf = l.Text(data, s).Append(buf[:0])
		}
	})
}
