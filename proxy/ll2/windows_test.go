package ll2_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/proxy/ll2"
	"perigee/proxy/ll2/ll2test"
)

func TestWindows(t *testing.T) {
	const (
		list = "/2.3.0/spacecraft/"
		json = "application/json"
	)
	for _, tt := range []struct {
		reason              string
		path, query, accept string
		width               int
		want                []string // queries
	}{
		{"the first page", list, "", json, 100, []string{"limit=100"}},
		{"a page in the middle", list, "limit=5&offset=250", json, 100, []string{"limit=100&offset=200"}},
		{"a page that ends where its window does", list, "offset=90", json, 100, []string{"limit=100"}},
		{"a page that straddles two", list, "offset=91", json, 100, []string{"limit=100", "limit=100&offset=100"}},
		{"a window itself", list, "limit=100&offset=100", json, 100, []string{"limit=100&offset=100"}},
		{"a page as wide as a window, aside of one", list, "limit=100&offset=1", json, 100, []string{"limit=100", "limit=100&offset=100"}},
		{"indented windows for an indented page", list, "offset=5", json + "; indent=4", 100, []string{"limit=100"}},
		{"other parameters stay, in order", list, "status=2&mode=detailed&in_space=1&x=y&format=json", json, 25,
			[]string{"in_space=true&limit=25&mode=detailed&status=2"}},
		{"the default width goes without saying", list, "limit=2&offset=11", json, 10, []string{"offset=10"}},
		{"a page wider than the windows", list, "limit=50&offset=10", json, 25,
			[]string{"limit=25", "limit=25&offset=25", "limit=25&offset=50"}},
		{"windows of one element", list, "limit=2&offset=7", json, 1, []string{"limit=1&offset=7", "limit=1&offset=8"}},
		{"versions without a table", "/2.2.0/launch/upcoming", "offset=5&b=2&a=1&b=1", json, 100, []string{"a=1&b=2&b=1&limit=100"}},
		{"their objects are no lists", "/2.2.0/launch/e3df2ecd-c239-472f-95e4-2b89b4f75800/", "", json, 100, nil},
		{"nor are numbered ones", "/2.2.0/agencies/121/", "", json, 100, nil},
		{"nor is the dashboard", "/2.2.0/dashboard/starship/", "", json, 100, nil},
		{"an object", list + "202/", "", json, 100, nil},
		{"a document", "/2.3.0/dashboard/starship/", "", json, 100, nil},
		{"an unknown path", "/2.3.0/nope/", "", json, 100, nil},
		{"HTML", list, "", "text/html", 100, nil},
		{"no representation", list, "", "image/png", 100, nil},
		{"an offset of too many digits", list, "offset=99999999999999999999", json, 100, nil},
		{"an offset that leaves no room for a page", list, "limit=5&offset=9223372036854775801", json, 100, nil},
		{"no width", list, "", json, 0, nil},
		{"a width beyond upstream's", list, "", json, 101, nil},
	} {
		res := ll2test.Resolve(t, tt.path, tt.query, tt.accept)
		var got []string
		for _, w := range res.Windows(tt.width) {
			got = append(got, w.Query)
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: windows %q, want %q", tt.reason, got, tt.want)
		}
		if (res.List() != "") != (tt.want != nil) && tt.width == 100 && len(res.Page.Offset) < 10 {
			t.Errorf("%s: List() = %q with windows %q", tt.reason, res.List(), got)
		}
	}
}

// A window is the very resource that a client asks for who wants just that page.
func TestWindowsAreResources(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := ll2test.DrawList(t)
		res := ll2test.Resolve(t, q.Path, q.Values.Encode(), q.Accept)
		width := rapid.IntRange(1, ll2.MaxWidth).Draw(t, "width")
		windows := res.Windows(width)
		if len(windows) == 0 || res.Page.Limit <= width && len(windows) > 2 {
			t.Fatalf("%d windows of %d for %+v", len(windows), width, res.Page)
		}
		for _, w := range windows {
			offset, _ := w.Page.OffsetInt()
			if w.Page.Limit != width || offset%int64(width) != 0 {
				t.Fatalf("window %+v of width %d", w.Page, width)
			}
			client := url.Values{}
			for name, values := range q.Values {
				client[name] = values
			}
			client.Set("limit", fmt.Sprintf("+%d", width))
			client.Set("offset", fmt.Sprintf(" %d", offset))
			want := ll2test.Resolve(t, q.Path, client.Encode(), q.Accept)
			if w.Key != want.Key || w.Query != want.Query || w.Path != want.Path || w.Page != want.Page || w.Mode != want.Mode || w.Accept != want.Accept {
				t.Fatalf("window %+v, but a client's is %+v", w, want)
			}
			again := ll2test.Resolve(t, w.Path, w.Query, w.Accept)
			if fmt.Sprint(*again) != fmt.Sprint(w) {
				t.Fatalf("window %+v, resolved again %+v", w, *again)
			}
			if w.List() != res.List() || want.List() != res.List() {
				t.Fatalf("lists %q, %q and %q", w.List(), want.List(), res.List())
			}
		}
	})
}

func TestPageReaches(t *testing.T) {
	for _, tt := range []struct {
		reason        string
		limit         int
		offset        string
		window, count int64
		want, beyond  bool
	}{
		{"its own window", 10, "95", 0, 590, true, false},
		{"the next window", 10, "95", 100, 590, true, false},
		{"it ends before", 5, "95", 100, 590, false, false},
		{"the list ends before", 10, "95", 100, 100, false, false},
		{"the list ends just after", 10, "95", 100, 101, true, false},
		{"the last element", 10, "589", 500, 590, true, false},
		{"past the last", 10, "590", 500, 590, false, true},
		{"an empty list", 10, "0", 0, 0, false, true},
		{"further than can be counted", 10, "99999999999999999999", 0, 590, false, true},
	} {
		p := ll2.Page{Limit: tt.limit, Offset: tt.offset}
		if got := p.Reaches(tt.window, tt.count); got != tt.want {
			t.Errorf("%s: Reaches = %v, want %v", tt.reason, got, tt.want)
		}
		if got := p.Beyond(tt.count); got != tt.beyond {
			t.Errorf("%s: Beyond = %v, want %v", tt.reason, got, tt.beyond)
		}
	}
}

func TestUnknownParametersStayWhereTheyAreKept(t *testing.T) {
	res, err := ll2.Resolve(ll2.Request{Path: "/2.3.0/pads/", Query: "offset=20&zz=1&aa=%20&limit=5"}, ll2.Options{KeepUnknown: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := res.Windows(100)[0].Query, "aa=+&limit=100&zz=1"; got != want {
		t.Errorf("query %q, want %q", got, want)
	}
}

// A window has up to two parameters more than its page, and Django counts them.
func TestNoWindowsWithTooManyParameters(t *testing.T) {
	for n, want := range map[int]int{ll2.MaxParameters - 2: 1, ll2.MaxParameters - 1: 0} {
		query := strings.Repeat("x=1&", n-1) + "x=1"
		res, err := ll2.Resolve(ll2.Request{Path: "/2.3.0/pads/", Query: query}, ll2.Options{KeepUnknown: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(res.Windows(100)); got != want {
			t.Errorf("%d parameters: %d windows, want %d", n, got, want)
		}
		if got := res.List() != ""; got != (want > 0) {
			t.Errorf("%d parameters: a list: %v, want %v", n, got, want > 0)
		}
	}
}

func BenchmarkWindows(b *testing.B) {
	res := ll2test.Resolve(b, "/2.3.0/launches/upcoming/", "format=json&limit=5&mode=list&offset=97", "application/json")
	b.ReportAllocs()
	for b.Loop() {
		res.Windows(100)
	}
}
