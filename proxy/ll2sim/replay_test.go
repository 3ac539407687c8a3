package ll2sim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"perigee/proxy/ll2sim"
	"perigee/testdata"
)

// listBody is what a test reads of the body of a list.
type listBody struct {
	Count          int
	Next, Previous string
	Results        []struct {
		ID            int
		URL           string
		Response_mode string
	}
}

// summary puts an answer in the form of the recording.
func summary(t *testing.T, s *ll2sim.Server, query string) testdata.ListAnswer {
	t.Helper()
	w := ask(t, s, http.MethodGet, "/2.3.0/spacecraft/"+query)
	a := testdata.ListAnswer{Query: query, Status: w.Code, Count: -1, Results: -1}
	if w.Code != http.StatusOK {
		a.Body = w.Body.String()
		return a
	}
	if contentType := w.Header().Get("Content-Type"); contentType != "application/json" {
		a.Body = contentType
		return a
	}
	var body listBody
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	a.Count, a.Results = body.Count, len(body.Results)
	a.Next = strings.TrimPrefix(body.Next, "http://HOST/2.3.0/spacecraft/?")
	a.Previous = strings.TrimPrefix(body.Previous, "http://HOST/2.3.0/spacecraft/?")
	for i, r := range body.Results {
		if i == 0 {
			a.Mode, a.URL = r.Response_mode, strings.TrimPrefix(r.URL, "http://HOST/2.3.0/spacecraft")
		}
		if i < 3 {
			a.First = append(a.First, fmt.Sprint(r.ID))
		}
	}
	return a
}

// TestRecordedLists replays every recorded query. What the look-alike's own
// spacecraft decided cannot be equal here; but queries that chose the same ones
// there must choose the same ones here, and queries that did not must not.
func TestRecordedLists(t *testing.T) {
	ours := map[string]string{}   // what was chosen there to what is chosen here
	theirs := map[string]string{} // and the other way
	s := ll2sim.New(ll2sim.Options{Limit: -1})
	for _, want := range testdata.ListAnswers() {
		t.Run(want.Query, func(t *testing.T) {
			got := summary(t, s, want.Query)
			there, here := fmt.Sprint(want.Count, want.First), fmt.Sprint(got.Count, got.First)
			if known, ok := ours[there]; ok && known != here {
				t.Errorf("chose %s, but %s for another query that chose %s there", here, known, there)
			}
			if known, ok := theirs[here]; ok && known != there {
				t.Errorf("chose %s like a query that chose %s there, not %s", here, known, there)
			}
			ours[there], theirs[here] = here, there
			got.Depends = want.Depends
			switch want.Depends {
			case "rows":
				got.Count, got.First, got.URL = want.Count, want.First, want.URL
			case "order":
				got.First, got.URL = want.First, want.URL
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

// TestRecordedExchanges replays every recorded request with its headers.
func TestRecordedExchanges(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: -1})
	for i, want := range testdata.Exchanges() {
		t.Run(fmt.Sprintf("%d %s %s %q", i, want.Method, want.Target, want.Accept), func(t *testing.T) {
			w := ask(t, s, want.Method, want.Target, want.Accept...)
			h := w.Header()
			got := []string{fmt.Sprint(w.Code), h.Get("Content-Type"), h.Get("Vary"), h.Get("Allow"), h.Get("Location")}
			expected := []string{fmt.Sprint(want.Status), want.Type, want.Vary, want.Allow, want.Location}
			if !slices.Equal(got, expected) {
				t.Errorf("got %q, want %q", got, expected)
			}
			body := w.Body.String()
			if want.Length >= 0 && h.Get("Content-Length") != fmt.Sprint(want.Length) {
				t.Errorf("Content-Length = %s, want %d", h.Get("Content-Length"), want.Length)
			}
			if want.Length >= 0 && body != want.Body || !strings.HasPrefix(body, want.Body) {
				t.Errorf("body = %.300q, want %.300q", body, want.Body)
			}
		})
	}
}
