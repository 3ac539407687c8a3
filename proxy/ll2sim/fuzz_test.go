package ll2sim_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/proxy/ll2sim"
	"perigee/proxy/ll2sim/drf"
	"perigee/proxy/ll2sim/python"
	"perigee/testdata"
)

// FuzzRequest sends any query and Accept field; whatever comes must be an answer
// of the framework, and following next must come to the end of the list.
func FuzzRequest(f *testing.F) {
	for _, a := range testdata.ListAnswers() {
		f.Add(strings.TrimPrefix(a.Query, "?"), "*/*")
	}
	for _, e := range testdata.Exchanges() {
		f.Add("limit=100", strings.Join(e.Accept, ","))
	}
	s := ll2sim.New(ll2sim.Options{Limit: -1})
	f.Fuzz(func(t *testing.T, query, accept string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/2.3.0/spacecraft/", nil)
		r.Host, r.URL.RawQuery = "HOST", query
		r.Header["Accept"] = []string{accept}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		switch w.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusNotAcceptable:
		default:
			t.Fatalf("status %d", w.Code)
		}
		if w.Header().Get("Content-Type") != "application/json" {
			return
		}
		var body listBody
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatalf("body: %v", err)
		}
		if body.Next == "" {
			return
		}
		_, next, _ := strings.Cut(body.Next, "?")
		here, there := drf.NewPage(python.ParseQuery(query), body.Count), drf.NewPage(python.ParseQuery(next), body.Count)
		if here.Limit != there.Limit || there.Offset.Int64() != here.Offset.Int64()+int64(here.Limit) {
			t.Errorf("next of %+v is %+v", here, there)
		}
	})
}
