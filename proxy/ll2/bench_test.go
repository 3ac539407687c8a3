package ll2

import "testing"

func BenchmarkResolve(b *testing.B) {
	for _, bm := range []struct{ name, path, query, accept string }{
		{"bare", "/2.3.0/launches/upcoming/", "", "*/*"},
		{"usual", "/2.3.0/launches/upcoming/", "format=json&limit=5&mode=list&hide_recent_previous=True", "application/json"},
		{"rich", "/2.3.0/launches", "search=falcon+heavy&status__ids=3,2,1&net__gte=2026-01-31T12:00:00%2B02:00&ordering=-net&tbd=1&limit=30",
			"application/json, text/plain, */*"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			req := Request{Path: bm.path, Query: bm.query, Accept: []string{bm.accept}}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Resolve(req, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNext(b *testing.B) {
	res, err := Resolve(Request{Path: "/2.3.0/launches/upcoming/", Query: "format=json&limit=5&mode=list"}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		res.Next("https://example.org", 100)
	}
}
