package ll2_test

import (
	"strings"
	"testing"

	"perigee/proxy/ll2"
)

// threeOf is a window of three of 590, such as ?limit=3&offset=3 answers.
const threeOf = `{"count":590,"next":"https://ll.thespacedevs.com/2.3.0/spacecraft/?limit=3&offset=6",` +
	`"previous":"https://ll.thespacedevs.com/2.3.0/spacecraft/?limit=3","results":[{"id":1},{"id":2},{"id":3}]}`

func TestWindowIsBelievedForItsShape(t *testing.T) {
	for _, tt := range []struct {
		reason   string
		query    string
		from, to string // what is replaced in threeOf
		want     ll2.Doubt
	}{
		{"as it should be", "limit=3&offset=3", "", "", ll2.NoDoubt},
		{"http behind a TLS proxy", "limit=3&offset=3", "https:", "http:", ll2.NoDoubt},
		{"the host in capitals", "limit=3&offset=3", "ll.the", "LL.The", ll2.NoDoubt},
		{"slashes escaped", "limit=3&offset=3", "/", `\/`, ll2.NoDoubt},
		{"space between members", "limit=3&offset=3", `,"`, `, "`, ll2.NoDoubt},
		{"space between elements", "limit=3&offset=3", `},{`, "},\n  {", ll2.NoDoubt},
		{"an array", "limit=3&offset=3", threeOf, `[]`, ll2.DoubtShape},
		{"an object that is no page", "limit=3&offset=3", `"previous"`, `"before"`, ll2.DoubtShape},
		{"an offset without end", "limit=3&offset=99999999999999999999", "", "", ll2.DoubtOffset},
		{"pages capped lower than asked", "limit=100&offset=3", "", "", ll2.DoubtShort},
		{"an element lost", "limit=3&offset=3", `,{"id":3}`, ``, ll2.DoubtShort},
		{"more than were asked for", "limit=2&offset=3", "", "", ll2.DoubtLong},
		{"more than there are", "limit=3&offset=3", `590`, `5`, ll2.DoubtLong},
		{"elements where none can be", "limit=3&offset=3", `590`, `0`, ll2.DoubtLong},
		{"no next though more follow", "limit=3&offset=3", `"https://ll.thespacedevs.com/2.3.0/spacecraft/?limit=3&offset=6"`, `null`, ll2.DoubtNext},
		{"next to the same page", "limit=3&offset=3", `offset=6`, `offset=3`, ll2.DoubtNext},
		{"next though none follow", "limit=3&offset=3", `590`, `6`, ll2.DoubtNext},
		{"next on another host", "limit=3&offset=3", `"https://ll.thespacedevs.com/2.3.0/spacecraft/?limit=3&offset=6`, `"https://evil.example/2.3.0/spacecraft/?limit=3&offset=6`, ll2.DoubtNext},
		{"next with a cursor", "limit=3&offset=3", `limit=3&offset=6`, `cursor=abc`, ll2.DoubtNext},
		{"no previous", "limit=3&offset=3", `"https://ll.thespacedevs.com/2.3.0/spacecraft/?limit=3"`, `null`, ll2.DoubtPrevious},
		{"the page of another query", "limit=3&offset=3&status=4", "", "", ll2.DoubtNext},
		{"uneven spacing", "limit=3&offset=3", `{"id":3}`, ` {"id":3}`, ll2.DoubtSpacing},
	} {
		body := threeOf
		if tt.from != "" {
			body = strings.ReplaceAll(threeOf, tt.from, tt.to)
		}
		w, got := doubted(t, resolved(t, "/2.3.0/spacecraft/", tt.query, "application/json"), body)
		if got != tt.want {
			t.Errorf("%s: doubt %q, want %q", tt.reason, got, tt.want)
		}
		if (w != nil) != (got == ll2.NoDoubt) {
			t.Errorf("%s: window %v with doubt %q", tt.reason, w, got)
		}
	}
}

// How a client spells a page makes no difference to what upstream was asked.
func TestWindowIsOfWhatWasAsked(t *testing.T) {
	asked := resolved(t, "/2.3.0/spacecraft", "offset=%203&x=1&format=json&limit=03", "*/*")
	w := believed(t, asked, threeOf)
	if w.Offset != 3 || w.Width != 3 || w.Count != 590 || w.Len() != 3 {
		t.Errorf("window %d+%d with %d of %d, want 3+3 with 3 of 590", w.Offset, w.Width, w.Len(), w.Count)
	}
}

func TestHTMLIsNoWindow(t *testing.T) {
	l := ll2.ScanHTML([]byte(threeOf), upstream)
	l.IsPage = true
	if _, got := ll2.NewWindow(resolved(t, "/2.3.0/spacecraft/", "limit=3&offset=3", "*/*"), []byte(threeOf), &l); got != ll2.DoubtShape {
		t.Errorf("doubt %q, want %q", got, ll2.DoubtShape)
	}
}
