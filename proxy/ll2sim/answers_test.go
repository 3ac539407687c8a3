package ll2sim_test

import (
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"hash"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim"
	"perigee/testdata"
)

var update = flag.Bool("update", false, "write testdata/answers.tsv anew")

const answersFile = "testdata/answers.tsv"

// TestAnswersStay compares some thousand answers, headers and bodies, with those of
// the past, by one checksum a group. Where an answer is meant to change, run
//
//	go test ./proxy/ll2sim -run AnswersStay -update
//
// and see in the diff that only the groups that should change do.
func TestAnswersStay(t *testing.T) {
	var got strings.Builder
	for _, group := range answerGroups() {
		r := &answerRecorder{t: t, sum: sha256.New(), now: time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)}
		group.ask(r)
		fmt.Fprintf(&got, "%s\t%d\t%x\n", group.name, r.asked, r.sum.Sum(nil)[:8])
	}
	if *update {
		if err := os.WriteFile(answersFile, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(answersFile)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for line := range strings.Lines(string(file)) {
		want[line] = true
	}
	for line := range strings.Lines(got.String()) {
		if !want[line] {
			t.Errorf("other answers, or no checksum of the past: %s", line)
		}
		delete(want, line)
	}
	for line := range want {
		t.Errorf("not asked, or answered otherwise: %s", line)
	}
}

// answerRecorder sends requests and sums up the answers.
type answerRecorder struct {
	t     *testing.T
	sum   hash.Hash
	asked int
	now   time.Time // the clock of its servers
}

// server returns a simulator by the recorder's clock. Without a limit it has none.
func (r *answerRecorder) server(o ll2sim.Options) *ll2sim.Server {
	o.Now = func() time.Time { return r.now }
	if o.Limit == 0 {
		o.Limit = -1
	}
	return ll2sim.New(o)
}

// get sends GET requests without further fields.
func (r *answerRecorder) get(s *ll2sim.Server, targets ...string) {
	for _, target := range targets {
		r.send(s, http.MethodGet, target, nil)
	}
}

// send adds the answer to one request to the sum, and returns its body.
func (r *answerRecorder) send(s *ll2sim.Server, method, target string, header http.Header) string {
	path, query, _ := strings.Cut(target, "?")
	request := httptest.NewRequestWithContext(r.t.Context(), method, "/", nil)
	request.URL = &url.URL{Path: path, RawQuery: query}
	request.Host, request.RemoteAddr = "HOST", "192.0.2.1:40000"
	if header != nil {
		request.Header = header
	}
	w := httptest.NewRecorder()
	func() {
		defer func() {
			if recover() != nil {
				w.Code = 0 // the connection was dropped
			}
		}()
		s.ServeHTTP(w, request)
	}()
	r.asked++
	fmt.Fprintf(r.sum, "%s %s\n%d\n", method, target, w.Code)
	_ = w.Result().Header.Write(r.sum) // in the order of the names
	fmt.Fprintf(r.sum, "%d\n%s\n", w.Body.Len(), w.Body)
	return w.Body.String()
}

type answerGroup struct {
	name string
	ask  func(*answerRecorder)
}

// answerGroups are one for each endpoint, and one for each thing that all have.
func answerGroups() []answerGroup {
	var groups []answerGroup
	for _, e := range catalog.Table(catalog.Latest) {
		groups = append(groups, answerGroup{e.Path, func(r *answerRecorder) {
			if e.ID == 0 {
				askList(r, e)
			} else {
				askObject(r, strings.TrimSuffix(e.Path, "{id}/"))
			}
		}})
	}
	return append(groups,
		answerGroup{"public clients", askAsClients},
		answerGroup{"recorded lists", askRecordedLists},
		answerGroup{"recorded exchanges", askRecordedExchanges},
		answerGroup{"old versions", askOldVersions},
		answerGroup{"pages", askPages},
		answerGroup{"negotiation", askNegotiation},
		answerGroup{"outside the API", askOutside},
		answerGroup{"methods and origins", askMethods},
		answerGroup{"settings", askSettings},
		answerGroup{"keys", askKeys},
		answerGroup{"throttle", askThrottle},
		answerGroup{"faults", askFaults},
		answerGroup{"moved clock", askLater},
	)
}

// valuesOf are values for a parameter: good, odd and bad ones.
func valuesOf(kind catalog.Kind) []string {
	switch kind {
	case catalog.Integer, catalog.IntegerList:
		return []string{"1", "0", "121", "4.9", "-0.5", "1e51", "%20", "3,4", ",", "x"}
	case catalog.Float:
		return []string{"1", "-7.5", ".5e1", "NaN"}
	case catalog.Boolean:
		return []string{"true", "FALSE", "1", "on"}
	case catalog.Date, catalog.DateTime:
		return []string{"2026-05-06", "2026-05-01T12:00:00Z", "5/1/26", "2026-05-01+10:00:00", "now"}
	case catalog.UUID, catalog.UUIDList:
		return []string{"e3df2ecd-c239-472f-95e4-2b89b4f75800", "{E3DF2ECDC239472F95E42B89B4F75800}", ",", "x"}
	case catalog.Repeated:
		return []string{"17", "+17", "999", "x"}
	case catalog.String, catalog.StringList, catalog.Search:
		return []string{"SpaceX", "e", "Invented+1,a", "%C2%A0USA%1f", "%00", "%FF"}
	case catalog.Ordering:
		return []string{"--id", "-name,id", "%20-id,,bogus", "id", "name"}
	case catalog.Mode:
		return []string{"list", "normal", "detailed", "LIST"}
	default: // Limit, Offset
		return []string{"3", "0", "-1", "1_0", "%D9%A5", "1000000000000000000000", "x"}
	}
}

func askList(r *answerRecorder, e *catalog.Endpoint) {
	s := r.server(ll2sim.Options{})
	r.get(s, e.Path, e.Path+"?limit=100&mode=detailed&format=json", e.Path+"?limit=100&offset=100&mode=list", e.Path+"?format=api&limit=2&mode=detailed")
	for i, name := range e.Params() {
		kind, _ := e.Param(name)
		values := valuesOf(kind)
		if e.Path != "/2.3.0/launches/" && len(values) > 2 { // one list meets them all
			values = append(values[i%(len(values)-1):], values...)[:2]
		}
		for _, value := range values {
			r.get(s, e.Path+"?limit=3&"+name+"="+value)
		}
	}
	for _, name := range e.Ordering {
		r.get(s, e.Path+"?limit=5&ordering=-"+name)
	}
	r.send(s, http.MethodOptions, e.Path, nil)
	r.send(s, http.MethodHead, e.Path, nil)
}

func askObject(r *answerRecorder, list string) {
	s := r.server(ll2sim.Options{})
	var page struct{ Results []struct{ ID any } }
	_ = json.Unmarshal([]byte(r.send(s, http.MethodGet, list+"?limit=3&ordering=-id", nil)), &page)
	for _, element := range page.Results {
		path := fmt.Sprintf("%s%v/", list, element.ID)
		r.get(s, path, path+"?mode=list&format=json", path+"?format=api", path+"?search=zzz", path+"?id=x", path+"?limit=x&offset=900", list+"0"+path[len(list):])
		r.send(s, http.MethodOptions, path, nil)
	}
	r.get(s, list+"999999/", list+"e3df2ecd-c239-472f-95e4-2b89b4f75800/", list+"x/")
}

func askAsClients(r *answerRecorder) {
	s := r.server(ll2sim.Options{})
	for _, c := range testdata.Clients() {
		r.send(s, c.Method, c.Path+"?"+c.Query, nil)
	}
}

func askRecordedLists(r *answerRecorder) {
	s := r.server(ll2sim.Options{})
	for _, a := range testdata.ListAnswers() {
		r.get(s, "/2.3.0/spacecraft/"+a.Query)
	}
}

func askRecordedExchanges(r *answerRecorder) {
	s := r.server(ll2sim.Options{})
	for _, e := range testdata.Exchanges() {
		r.send(s, e.Method, e.Target, http.Header{"Accept": e.Accept})
	}
}

// askOldVersions asks each old list that /2.2.0/ tells of, and the first of its objects.
func askOldVersions(r *answerRecorder) {
	s := r.server(ll2sim.Options{})
	var root map[string]string
	if err := json.Unmarshal([]byte(r.send(s, http.MethodGet, "/2.2.0/", nil)), &root); err != nil {
		r.t.Fatal(err)
	}
	for _, e := range catalog.Table(catalog.Latest) { // in order; names that did not exist are 404
		r.get(s, strings.Replace(e.Path, catalog.Latest, "2.1.0", 1)+"?limit=1")
	}
	for _, name := range slices.Sorted(maps.Keys(root)) {
		r.get(s, "/2.2.0/"+name+"/?limit=2&mode=detailed&format=json", "/2.0.0/"+name+"/3/", "/2.2.0/"+name)
	}
	r.get(s, "/2.0.0/", "/1.0.0/launch/", "/2.2.0/launches/", "/2.3.0/launch/", "/2.3.0/?format=api", "/2.3.0/")
}

func askPages(r *answerRecorder) {
	s := r.server(ll2sim.Options{})
	for _, query := range []string{
		"offset=5", "offset=10&limit=5", "offset=11", "limit=3&limit=4&offset=9&offset=8", "limit=101", "offset=9999",
		"a&=x&c=%zz&d=1;e=2", "x=~*'()!%20+%2B", "%6c%69mit=5&o%66fset=5", "offset=99999999999999999999&limit=99999999999999999999",
		"format=&limit=1", "format=json&format=&limit=1", "b=2&a=%22%3Cx%3E&format=api&limit=1", "&&=&limit=2&", "limit=2&x=%E2%82A%FF",
	} {
		r.get(s, "/2.3.0/pads/?"+query, "/2.3.0/launches/upcoming/?"+query)
	}
	r.get(s, "/2.3.0/pads/?"+strings.Repeat("a=1&", 999)+"a=1", "/2.3.0/pads/?"+strings.Repeat("a=1&", 1000)+"a=1")
}

func askNegotiation(r *answerRecorder) {
	s := r.server(ll2sim.Options{})
	for _, accept := range []string{
		"", "*/*", "*", "application/json", "APPLICATION/JSON; Indent=2", `application/json;indent="3"`, "application/json;indent=99",
		"application/json;indent=-1;q=0.1", "application/*", "text/html", "text/*;indent=1", "text/html;indent=0, */*", "*/*, text/html;level=1",
		"application/json, text/html;q=0.9", "image/png", `text/html;x="a;b"`, ", ,",
	} {
		for _, format := range []string{"", "format=json&", "format=api&", "format=xml&"} {
			r.send(s, http.MethodGet, "/2.3.0/config/orbits/?"+format+"limit=2", http.Header{"Accept": {accept}})
		}
		r.send(s, http.MethodGet, "/2.3.0/pads/999999/", http.Header{"Accept": {accept, "text/html"}})
	}
}

func askOutside(r *answerRecorder) {
	s := r.server(ll2sim.Options{})
	for _, path := range []string{
		"/", "/docs/", "/static/docs.css", "/static/other.css", "/media/invented_1.txt", "/health_check/", "/nope", "/nope/", "/2.3.0", "/2.3.0/pads",
		"/2.3.0/spacecraft//", "//2.3.0/pads/", "/2.3.0/pads/1", "/2.3.0/päds/", "/2.3.0/pads/x<y>/",
	} {
		r.get(s, path, path+"?a=\"<>`{}|\\^&b=%zz&c=x+y;z")
		r.send(s, http.MethodPost, path, nil)
		r.send(s, http.MethodHead, path, nil)
	}
}

func askMethods(r *answerRecorder) {
	for _, getOnly := range []bool{false, true} {
		s := r.server(ll2sim.Options{GetOnly: getOnly})
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "get", "G"} {
			for _, target := range []string{"/2.3.0/", "/2.3.0/pads/?limit=1", "/2.3.0/pads/1/", "/2.3.0/api-throttle/", "/2.2.0/dashboard/starship/?format=api"} {
				r.send(s, method, target, nil)
				r.send(s, method, target, http.Header{"Origin": {"https://app.example"}})
				r.send(s, method, target, http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"GET"}})
			}
		}
	}
}

func askSettings(r *answerRecorder) {
	for _, o := range []ll2sim.Options{{HTTPS: true}, {BaseURL: "https://ll.thespacedevs.com/"}, {BaseURL: "http://a.example:81", HTTPS: true}} {
		s := r.server(o)
		r.get(s, "/2.3.0/pads/?limit=1&offset=1", "/2.2.0/pad/1/?format=api", "/2.3.0/?format=json", "/2.3.0/launches/?limit=1&mode=detailed")
	}
	s := r.server(ll2sim.Options{})
	for _, n := range []int{3, 0, 5000} {
		for _, list := range []string{"spacecraft", "launches", "events", "updates"} {
			s.Hide(list, n)
		}
		r.get(s, "/2.3.0/spacecraft/?limit=2", "/2.3.0/spacecraft/1/", "/2.3.0/launches/previous/?limit=2", "/2.3.0/launches/upcoming/?limit=2&ordering=-net",
			"/2.3.0/events/?limit=2", "/2.3.0/updates/?limit=2")
	}
}

func askKeys(r *answerRecorder) {
	for _, authorization := range []string{"Token sesame", "token  sesame", "", "Bearer sesame", "Token", "Token ses ame", "Token other"} {
		s := r.server(ll2sim.Options{Key: "sesame", Limit: 2})
		for _, target := range []string{"/2.3.0/pads/1/", "/2.3.0/api-throttle/", "/2.3.0/pads/?format=api", "/2.3.0/pads/?limit=1"} {
			r.send(s, http.MethodGet, target, http.Header{"Authorization": {authorization}})
		}
		fmt.Fprintln(r.sum, s.Requests(), s.Report("sesame"), s.Report("192.0.2.1"))
	}
}

func askThrottle(r *answerRecorder) {
	s := r.server(ll2sim.Options{Limit: 3, Period: time.Minute})
	for range 20 {
		r.get(s, "/2.3.0/api-throttle/?format=api", "/2.3.0/pads/1/", "/2.2.0/api-throttle/")
		r.send(s, http.MethodPost, "/2.3.0/pads/", nil)
		r.send(s, http.MethodGet, "/2.3.0/pads/", http.Header{"Accept": {"text/html"}})
		r.send(s, http.MethodGet, "/2.3.0/pads/", http.Header{"Accept": {"image/png"}})
		fmt.Fprintln(r.sum, s.Requests(), s.Report("192.0.2.1"), s.Throttled())
		r.now = r.now.Add(7300 * time.Millisecond)
	}
}

func askFaults(r *answerRecorder) {
	for kind := ll2sim.NoFault; kind <= ll2sim.HTMLPage; kind++ {
		fault := ll2sim.Fault{Kind: kind, Header: http.Header{"cache-control": {"private"}, "Vary": {"Accept, Cookie"}}}
		s := r.server(ll2sim.Options{Limit: 9, Fault: func(*http.Request) ll2sim.Fault { return fault }})
		r.get(s, "/2.3.0/pads/?limit=2", "/2.3.0/pads/1/?format=api", "/2.3.0/pads/?format=api&limit=1", "/2.3.0/pads/?latitude=x", "/2.3.0/pads", "/docs/", "/2.3.0/api-throttle/", "/nope/")
		fault.RetryAfter = 90*time.Second + 1
		r.send(s, http.MethodHead, "/2.3.0/pads/", nil)
		fmt.Fprintln(r.sum, s.Requests())
	}
}

func askLater(r *answerRecorder) {
	s := r.server(ll2sim.Options{})
	for range 5 {
		for _, list := range []string{"/2.3.0/launches/upcoming/", "/2.3.0/launches/previous/", "/2.3.0/events/upcoming/", "/2.3.0/events/previous/"} {
			r.get(s, list+"?limit=2", list+"?limit=2&hide_recent_previous=true", list+"?limit=1&include_suborbital=false", list+"?limit=1&hide_recent_previous=x&include_suborbital=1")
		}
		r.get(s, "/2.3.0/dashboard/starship/", "/2.3.0/launches/?limit=1&include_suborbital=false&net__gte=2026-05-06")
		r.now = r.now.Add(31*time.Hour + 7*time.Minute)
	}
}
