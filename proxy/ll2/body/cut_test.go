package body_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/ll2/ll2test"
)

// numbered is the body of a page of numbers: those that are less than count.
func numbered(limit, offset, count int) string {
	link := func(offset int) string {
		query := fmt.Sprintf("limit=%d", limit)
		if offset > 0 {
			query += fmt.Sprintf("&offset=%d", offset)
		}
		return `"` + upstream + "/2.3.0/pads/?" + query + `"`
	}
	next, previous := "null", "null"
	if offset+limit < count {
		next = link(offset + limit)
	}
	if offset > 0 {
		previous = link(offset - limit)
	}
	var elements []string
	for i := offset; i < min(offset+limit, count); i++ {
		elements = append(elements, fmt.Sprint(i))
	}
	return fmt.Sprintf(`{"count":%d,"next":%s,"previous":%s,"results":[%s]}`, count, next, previous, strings.Join(elements, ","))
}

// numbers is that page as a window.
func numbers(t *testing.T, limit, offset, count int) *body.Window {
	t.Helper()
	fetched := ll2test.Resolve(t, "/2.3.0/pads/", fmt.Sprintf("limit=%d&offset=%d", limit, offset), "*/*")
	w := ll2test.Window(t, fetched, numbered(limit, offset, count))
	w.Digest[0] = byte(offset)
	return w
}

// The collection changed between two windows: whose count is taken decides what
// the page is, and whether there is one.
func TestCutOfWindowsThatDisagree(t *testing.T) {
	for _, tt := range []struct {
		reason        string
		first, second int // counts of the windows of ten
		page          string
		envelope      int // 0 or 1
		want          string
	}{
		{"no disagreement", 25, 25, "limit=4&offset=8", 1, "25 of 8,9,10,11"},
		{"one was added", 25, 26, "limit=4&offset=8", 1, "26 of 8,9,10,11"},
		{"one was added: the older count", 25, 26, "limit=4&offset=8", 0, "25 of 8,9,10,11"},
		{"the list ends earlier now", 12, 11, "limit=4&offset=8", 1, "11 of 8,9,10"},
		{"the second has less than the first says", 12, 11, "limit=4&offset=8", 0, ""},
		{"the first ended before", 9, 15, "limit=4&offset=8", 1, ""},
		{"the first ended before: its count", 9, 15, "limit=4&offset=8", 0, "9 of 8"},
		{"nothing is left in the second", 12, 10, "limit=4&offset=8", 0, ""},
		{"nothing is left in the second: its count", 12, 10, "limit=4&offset=8", 1, ""}, // an empty list does not show how others are written
		{"the list ends before the page", 12, 8, "limit=4&offset=8", 1, "8 of "},
	} {
		windows := []*body.Window{numbers(t, 10, 0, tt.first), numbers(t, 10, 10, tt.second)}
		res := ll2test.Resolve(t, "/2.3.0/pads/", tt.page, "*/*")
		c, ok := body.NewCut(res.Page, windows[tt.envelope], windows...)
		if !ok {
			if tt.want != "" {
				t.Errorf("%s: cannot be cut, want %s", tt.reason, tt.want)
			}
			continue
		}
		count, elements, _ := strings.Cut(tt.want, " of ")
		got := ll2test.Render(t, c, res)
		if !strings.HasPrefix(got, `{"count":`+count+",") || !strings.HasSuffix(got, `"results":[`+elements+"]}") {
			t.Errorf("%s: %s, want %s", tt.reason, got, tt.want)
		}
	}
}

// The page is written around whatever upstream has around it, in its order.
func TestCutKeepsWhatStandsAround(t *testing.T) {
	const data = `{"more":"https://ll.thespacedevs.com/2.3.0/a/" , "previous" :null,"results": [ {"u":"https://ll.thespacedevs.com/2.3.0/b/"},` +
		` {"u":"https://ll.thespacedevs.com/2.3.0/c/"}, 3 ] ,"next": "https://ll.thespacedevs.com/2.3.0/pads/?limit=3&offset=3","count": 7,` +
		`"last":"https://ll.thespacedevs.com/docs/"}` + "\n"
	w := ll2test.Window(t, ll2test.Resolve(t, "/2.3.0/pads/", "limit=3", "*/*"), data)
	for _, tt := range []struct{ query, want string }{
		{"limit=1&offset=1&format=json", `{"more":"http://localhost:8080/2.3.0/a/?format=json" , ` +
			`"previous" :"http://localhost:8080/2.3.0/pads/?format=json&limit=1","results": [ {"u":"http://localhost:8080/2.3.0/c/?format=json"} ] ,` +
			`"next": "http://localhost:8080/2.3.0/pads/?format=json&limit=1&offset=2","count": 7,"last":"http://localhost:8080/docs/"}` + "\n"},
		{"limit=2&offset=0", `{"more":"http://localhost:8080/2.3.0/a/" , "previous" :null,"results": [ {"u":"http://localhost:8080/2.3.0/b/"},` +
			` {"u":"http://localhost:8080/2.3.0/c/"} ] ,"next": "http://localhost:8080/2.3.0/pads/?limit=2&offset=2","count": 7,` +
			`"last":"http://localhost:8080/docs/"}` + "\n"},
		{"limit=2&offset=8", `{"more":"http://localhost:8080/2.3.0/a/" , "previous" :"http://localhost:8080/2.3.0/pads/?limit=2&offset=6",` +
			`"results": [] ,"next": null,"count": 7,"last":"http://localhost:8080/docs/"}` + "\n"},
	} {
		res := ll2test.Resolve(t, "/2.3.0/pads/", tt.query, "*/*")
		c, ok := body.NewCut(res.Page, w, w)
		if !ok {
			t.Fatalf("?%s cannot be cut", tt.query)
		}
		if got := ll2test.Render(t, c, res); got != tt.want {
			t.Errorf("?%s:\ngot  %s\nwant %s", tt.query, got, tt.want)
		}
	}
}

// The links to other pages are the window's own before, so they are never left.
func TestCutAlwaysHasItsOwnLinks(t *testing.T) {
	c, ok := body.NewCut(ll2.Page{Limit: 2, Offset: "11"}, numbers(t, 10, 10, 35), numbers(t, 10, 10, 35))
	if !ok {
		t.Fatal("cannot be cut")
	}
	got := string(c.Text(body.Substitution{Base: local, Next: "n"}).Append(nil))
	if want := `{"count":35,"next":"n","previous":null,"results":[11,12]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCutNeedsAllItsElements(t *testing.T) {
	first, third := numbers(t, 10, 0, 35), numbers(t, 10, 20, 35)
	spaced := ll2test.Window(t, ll2test.Resolve(t, "/2.3.0/pads/", "offset=10", "*/*"), strings.ReplaceAll(numbered(10, 10, 35), ",1", ", 1"))
	for _, tt := range []struct {
		reason  string
		page    ll2.Page
		windows []*body.Window
		want    bool
	}{
		{"all in one", ll2.Page{Limit: 10, Offset: "0"}, []*body.Window{first}, true},
		{"the wrong window", ll2.Page{Limit: 10, Offset: "0"}, []*body.Window{third}, false},
		{"one in between is missing", ll2.Page{Limit: 30, Offset: "0"}, []*body.Window{first, third}, false},
		{"no window", ll2.Page{Limit: 10, Offset: "0"}, nil, false},
		{"single elements do not show what stands between", ll2.Page{Limit: 2, Offset: "4"},
			[]*body.Window{numbers(t, 1, 4, 35), numbers(t, 1, 5, 35)}, false},
		{"windows that are written in two ways", ll2.Page{Limit: 2, Offset: "9"}, []*body.Window{first, spaced}, false},
		{"a single element", ll2.Page{Limit: 1, Offset: "4"}, []*body.Window{numbers(t, 1, 4, 35)}, true},
	} {
		envelope := first
		if len(tt.windows) > 0 {
			envelope = tt.windows[0]
		}
		if _, ok := body.NewCut(tt.page, envelope, tt.windows...); ok != tt.want {
			t.Errorf("%s: cut = %v, want %v", tt.reason, ok, tt.want)
		}
	}
}

func TestIdentityTellsCutsApart(t *testing.T) {
	first, second := numbers(t, 10, 0, 35), numbers(t, 10, 10, 35)
	seen := map[string]string{}
	for _, tt := range []struct {
		name     string
		page     ll2.Page
		envelope *body.Window
	}{
		{"one element", ll2.Page{Limit: 1, Offset: "3"}, first},
		{"the one after", ll2.Page{Limit: 1, Offset: "4"}, first},
		{"two elements", ll2.Page{Limit: 2, Offset: "3"}, first},
		{"two of two windows", ll2.Page{Limit: 2, Offset: "9"}, first},
		{"with the other's count", ll2.Page{Limit: 2, Offset: "9"}, second},
		{"none", ll2.Page{Limit: 2, Offset: "99"}, first},
	} {
		c, ok := body.NewCut(tt.page, tt.envelope, first, second)
		if !ok {
			t.Fatalf("%s: cannot be cut", tt.name)
		}
		id := string(c.AppendIdentity(nil))
		if other, taken := seen[id]; taken {
			t.Errorf("%q and %q have one identity", tt.name, other)
		}
		seen[id] = tt.name
		if again, _ := body.NewCut(tt.page, tt.envelope, second, first); !bytes.Equal(again.AppendIdentity(nil), []byte(id)) {
			t.Errorf("%s: the order of the windows makes a difference", tt.name)
		}
	}
}
