package body_test

import (
	"strings"
	"testing"

	"perigee/proxy/ll2/body"
	"perigee/proxy/ll2/ll2test"
)

// threeOf is a window of three of 590, such as ?limit=3&offset=3 answers.
const threeOf = `{"count":590,"next":"https://ll.thespacedevs.com/2.3.0/spacecraft/?limit=3&offset=6",` +
	`"previous":"https://ll.thespacedevs.com/2.3.0/spacecraft/?limit=3","results":[{"id":1},{"id":2},{"id":3}]}`

func TestWindowIsVerifiedByItsShape(t *testing.T) {
	for _, tt := range []struct {
		reason   string
		query    string
		from, to string // what is replaced in threeOf
		want     body.Rejection
	}{
		{"as it should be", "limit=3&offset=3", "", "", body.NotRejected},
		{"http behind a TLS proxy", "limit=3&offset=3", "https:", "http:", body.NotRejected},
		{"the host in capitals", "limit=3&offset=3", "ll.the", "LL.The", body.NotRejected},
		{"slashes escaped", "limit=3&offset=3", "/", `\/`, body.NotRejected},
		{"space between members", "limit=3&offset=3", `,"`, `, "`, body.NotRejected},
		{"space between elements", "limit=3&offset=3", `},{`, "},\n  {", body.NotRejected},
		{"an array", "limit=3&offset=3", threeOf, `[]`, body.RejectedShape},
		{"an object that is no page", "limit=3&offset=3", `"previous"`, `"before"`, body.RejectedShape},
		{"an offset without end", "limit=3&offset=99999999999999999999", "", "", body.RejectedOffset},
		{"pages capped lower than requested", "limit=100&offset=3", "", "", body.RejectedShort},
		{"an element lost", "limit=3&offset=3", `,{"id":3}`, ``, body.RejectedShort},
		{"more than were requested", "limit=2&offset=3", "", "", body.RejectedLong},
		{"more than there are", "limit=3&offset=3", `590`, `5`, body.RejectedLong},
		{"elements where none can be", "limit=3&offset=3", `590`, `0`, body.RejectedLong},
		{"no next though more follow", "limit=3&offset=3", `"https://ll.thespacedevs.com/2.3.0/spacecraft/?limit=3&offset=6"`, `null`, body.RejectedNext},
		{"next to the same page", "limit=3&offset=3", `offset=6`, `offset=3`, body.RejectedNext},
		{"next though none follow", "limit=3&offset=3", `590`, `6`, body.RejectedNext},
		{"next on another host", "limit=3&offset=3", `"https://ll.thespacedevs.com/2.3.0/spacecraft/?limit=3&offset=6`, `"https://evil.example/2.3.0/spacecraft/?limit=3&offset=6`, body.RejectedNext},
		{"next with a cursor", "limit=3&offset=3", `limit=3&offset=6`, `cursor=abc`, body.RejectedNext},
		{"no previous", "limit=3&offset=3", `"https://ll.thespacedevs.com/2.3.0/spacecraft/?limit=3"`, `null`, body.RejectedPrevious},
		{"the page of another query", "limit=3&offset=3&status=4", "", "", body.RejectedNext},
		{"uneven spacing", "limit=3&offset=3", `{"id":3}`, ` {"id":3}`, body.RejectedSpacing},
	} {
		data := threeOf
		if tt.from != "" {
			data = strings.ReplaceAll(threeOf, tt.from, tt.to)
		}
		w, got := ll2test.NewWindow(t, ll2test.Resolve(t, "/2.3.0/spacecraft/", tt.query, "application/json"), data)
		if got != tt.want {
			t.Errorf("%s: rejected for %q, want %q", tt.reason, got, tt.want)
		}
		if (w != nil) != (got == body.NotRejected) {
			t.Errorf("%s: window %v rejected for %q", tt.reason, w, got)
		}
	}
}

// How a client spells a page makes no difference to what is fetched upstream.
func TestWindowIsOfWhatWasAsked(t *testing.T) {
	fetched := ll2test.Resolve(t, "/2.3.0/spacecraft", "offset=%203&x=1&format=json&limit=03", "*/*")
	w := ll2test.Window(t, fetched, threeOf)
	if w.Offset != 3 || w.Width != 3 || w.Count != 590 || w.Len() != 3 {
		t.Errorf("window %d+%d with %d of %d, want 3+3 with 3 of 590", w.Offset, w.Width, w.Len(), w.Count)
	}
}

func TestHTMLIsNoWindow(t *testing.T) {
	l := body.ScanHTML([]byte(threeOf), upstream)
	l.IsPage = true
	if _, got := body.NewWindow(ll2test.Resolve(t, "/2.3.0/spacecraft/", "limit=3&offset=3", "*/*"), []byte(threeOf), &l); got != body.RejectedShape {
		t.Errorf("rejected for %q, want %q", got, body.RejectedShape)
	}
}
