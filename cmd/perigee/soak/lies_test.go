package soak

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/config"
)

// liar changes answers on their way from the proxy to the clients.
type liar struct {
	http.RoundTripper
	lie func(*http.Request, *http.Response, []byte) []byte // the body
}

func (l liar) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusOK || r.Method != http.MethodGet {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(l.lie(r, resp, body)))
	return resp, nil
}

// replay gives the first answer to a request every other time, as if it were new.
func replay() func(*http.Request, *http.Response, []byte) []byte {
	type first struct {
		header http.Header
		body   []byte
	}
	var mu sync.Mutex
	known, asked := make(map[string]first), make(map[string]int)
	return func(r *http.Request, resp *http.Response, body []byte) []byte {
		mu.Lock()
		defer mu.Unlock()
		key := r.URL.String()
		if _, ok := known[key]; !ok {
			known[key] = first{maps.Clone(resp.Header), body}
		}
		if asked[key]++; asked[key]%2 == 0 {
			return body
		}
		resp.Header = maps.Clone(known[key].header)
		resp.Header.Set("Age", "0")
		return known[key].body
	}
}

// mix takes the first element of a page from the first answer to the request.
func mix() func(*http.Request, *http.Response, []byte) []byte {
	var mu sync.Mutex
	known := make(map[string][]byte)
	return func(r *http.Request, resp *http.Response, body []byte) []byte {
		mu.Lock()
		defer mu.Unlock()
		head, rest, ok := bytes.Cut(body, []byte(`"results":[`))
		_, others, several := bytes.Cut(rest, []byte(`},{"id":`))
		if !ok || !several {
			return body
		}
		key := r.URL.String()
		if known[key] == nil {
			known[key], _, _ = bytes.Cut(rest, []byte(`},{"id":`))
		}
		resp.Header.Del("Etag")
		return slices.Concat(head, []byte(`"results":[`), known[key], []byte(`},{"id":`), others)
	}
}

// TestSoakFindsLies has each kind of wrong answer be given, and the soak must tell of
// it: else no violations would mean nothing.
func TestSoakFindsLies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, profile string
		lie           func(*http.Request, *http.Response, []byte) []byte
		want          []string
	}{
		{"old answers", config.ProfileLL2, replay(), []string{"not within its Age", "older than before", "purged"}},
		{"mixed pages", config.ProfileLL2, mix(), []string{"cut within a window"}},
		{"old answers", config.ProfileHTTP, replay(), []string{"not within its Age", "stored though it may not be", "not validated"}},
		{"an element twice", config.ProfileLL2, func(_ *http.Request, _ *http.Response, body []byte) []byte {
			return bytes.Replace(body, []byte(`"results":[{`), []byte(`"results":[{"id":1},{`), 1)
		}, []string{"wrong bytes"}},
		{"half a body", config.ProfileHTTP, func(_ *http.Request, _ *http.Response, body []byte) []byte {
			return body[:len(body)/2]
		}, []string{"wrong bytes"}},
		{"nothing said", config.ProfileLL2, func(_ *http.Request, resp *http.Response, body []byte) []byte {
			resp.Header.Set("Cache-Status", "Perigee;hit;ttl=-1")
			return body
		}, []string{"stale and does not say so"}},
		{"a failure", config.ProfileLL2, func(_ *http.Request, resp *http.Response, body []byte) []byte {
			resp.StatusCode = http.StatusBadGateway
			return body
		}, []string{"failure without a reason"}},
		{"a page of another host", config.ProfileLL2, func(_ *http.Request, resp *http.Response, _ []byte) []byte {
			resp.Header.Set("Content-Type", "text/html")
			return []byte("<html><!-- serial=1 --></html>")
		}, []string{"captive portal"}},
	} {
		t.Run(tt.profile+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSoak(tt.profile, 1, time.Minute)
			s.enough = func() bool { return s.report.has(tt.want) }
			s.lie = func(honest http.RoundTripper) http.RoundTripper { return liar{honest, tt.lie} }
			s.run(t)
			if !s.enough() {
				t.Errorf("found %s, want %q", table(s.report.found), tt.want)
			}
		})
	}
}

// TestCheckFindsWhatIsRare has what comes about too rarely for a short soak be checked:
// exchanges and purges of given moments, and answers made of them.
func TestCheckFindsWhatIsRare(t *testing.T) {
	t.Parallel()
	const base, list, object = "http://proxy.test", "/2.3.0/pads/?limit=60", "/2.3.0/pads/7/"
	old := exchange{serial: 1, subject: "/2.3.0/pads/", arrived: 1 * time.Second, at: 1 * time.Second, done: 1 * time.Second, count: 138}
	grown := exchange{serial: 2, subject: "/2.3.0/pads/", arrived: 3 * time.Second, at: 3 * time.Second, done: 3 * time.Second, count: 140}
	for _, tt := range []struct {
		name, target, detail string
		from                 func(i int) exchange
		purged, seen         moment
		want                 string
	}{
		{"windows of one state", list, "", func(int) exchange { return grown }, 0, 0, ""},
		{"windows of two states", list, "", func(i int) exchange { return [...]exchange{grown, old}[i/ll2Window] }, 0, 0, "mixed windows"},
		{"and it says so", list, "mixed-generations", func(i int) exchange { return [...]exchange{grown, old}[i/ll2Window] }, 0, 0, ""},
		{"what was purged", object, "", func(int) exchange { return old }, 2500 * time.Millisecond, 0, "purged"},
		{"what was fetched after a purge", object, "", func(int) exchange { return grown }, 2500 * time.Millisecond, 0, ""},
		{"older than before", object, "", func(int) exchange { return old }, 0, 3 * time.Second, "older than before"},
		{"but it is stale", object, "stale-while-revalidate", func(int) exchange { return old }, 0, 3 * time.Second, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSoak(config.ProfileLL2, 1, 0)
			s.exchanges = append(s.exchanges, old, grown)
			s.purged(tt.target, tt.purged, tt.purged)
			check := s.workload.(*ll2Clients)
			check.base = base
			a := &answer{
				request: request{method: http.MethodGet, target: tt.target, header: http.Header{}},
				sent:    4 * time.Second, headed: 4 * time.Second, done: 4 * time.Second, status: http.StatusOK,
				header: http.Header{"Age": {"3"}}, cacheStatus: cacheStatus{hit: true, detail: tt.detail, ttl: -1},
			}
			pads, number := check.place(strings.TrimSuffix(tt.target, "?limit=60"))
			if number > 0 {
				a.body = pads.appendElement(nil, base, number, "normal", tt.from(0))
			} else {
				a.body = pads.appendPage(nil, base, pageQuery("limit=60"), grown.count, tt.from)
			}
			check.check(&client{seen: map[string]sight{tt.target: {at: tt.seen}}}, a)
			delete(s.report.found, "stale and does not say so") // for these it is no matter
			if found := slices.Sorted(maps.Keys(s.report.found)); strings.Join(found, ", ") != tt.want {
				t.Errorf("found %q, want %q: %s", found, tt.want, s.report.told)
			}
		})
	}
}
