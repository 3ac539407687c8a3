package body_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"perigee/proxy/ll2/body"
	"perigee/proxy/ll2/ll2test"
)

// FuzzCut cuts a page out of any body that is accepted as a window, and checks
// the page by what encoding/json reads in both.
func FuzzCut(f *testing.F) {
	f.Add([]byte(threeOf), 3, 3, 2, 4)
	f.Add([]byte(numbered(10, 0, 7)), 10, 0, 3, 5)
	f.Add([]byte(`{"results": [ 1 , 2 ], "next": null, "count": 2, "previous": null, "x": [{"results":[]}]}`), 2, 0, 1, 1)
	f.Add([]byte(`{"previous":"http:\/\/ll.thespacedevs.com:80/2.3.0/spacecraft/?limit=2","count":1,"results":[],"next":null}`), 2, 2, 9, 9)
	f.Fuzz(func(t *testing.T, data []byte, width, at, limit, offset int) {
		l, err := body.ScanJSON(data, upstream)
		if err != nil {
			return
		}
		fetched := ll2test.Resolve(t, "/2.3.0/spacecraft/", fmt.Sprintf("limit=%d&offset=%d", width, at), "*/*")
		before := string(data)
		w, why := body.NewWindow(fetched, data, &l)
		if why != body.NotRejected {
			return
		}
		res := ll2test.Resolve(t, "/2.3.0/spacecraft/", fmt.Sprintf("limit=%d&offset=%d&format=json", limit, offset), "*/*")
		c, ok := body.NewCut(res.Page, w, w)
		for range w.Objects(fetched) {
		}
		if !ok {
			return
		}
		var window, page struct {
			Count   int64
			Results []json.RawMessage
		}
		text := ll2test.Render(t, c, res)
		if err := json.Unmarshal([]byte(text), &page); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if err := json.Unmarshal(data, &window); err != nil {
			t.Fatal(err)
		}
		begin, _ := res.Page.OffsetInt()
		want := max(0, min(int64(res.Page.Limit), w.Count-begin))
		if int64(len(page.Results)) != want || page.Count != w.Count {
			t.Fatalf("%d elements of %d, want %d of %d: %s", len(page.Results), page.Count, want, w.Count, text)
		}
		for i, element := range page.Results {
			if original := window.Results[int(begin-w.Offset)+i]; len(l.Links) == 0 && string(element) != string(original) {
				t.Fatalf("element %d is %s, was %s", i, element, original)
			}
		}
		if string(data) != before {
			t.Fatal("the window's body was changed")
		}
	})
}
