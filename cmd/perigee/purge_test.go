package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/cache/valkey/valkeytest"
	"perigee/proxy/ll2sim"
)

// A wrong page is purged at one replica: no replica gives it any more, and the next
// request is the only one that is spent on it.
func TestPurgeOverReplicas(t *testing.T) {
	t.Parallel()
	sim := ll2sim.New(ll2sim.Options{})
	f := launchFleet(t, valkeytest.Start(t), sim, 3)
	const page, object = "/2.3.0/spacecraft/?mode=detailed&limit=5", "/2.3.0/spacecraft/3/"
	for _, r := range f.replicas {
		r.ask(page, clientNo(1), "")
	}
	fetcher := f.replicas[0] // which alone knows what objects are in the list
	if a := fetcher.ask(object, clientNo(1), ""); !strings.Contains(a.cacheStatus, "from-list") {
		t.Fatalf("got %+v, want the object from the list", a)
	}
	sim.Hide("spacecraft", 10)

	forgets := func(target, url, says string) {
		t.Helper()
		code, stdout, stderr := runs(t, f.replicas[1].adminOf(), "purge", url)
		if code != exitDone || !strings.HasPrefix(stdout, says) {
			t.Errorf("got exit code %d, %q and %q", code, stdout, stderr)
		}
		for _, r := range f.replicas {
			await(t, "every replica to forget", func() bool { return !r.holds(t, target) })
		}
	}
	forgets(object, object, "purged "+object+" (nothing was cached here)\n")
	f.replicas[1].stderr.await(t, `level=INFO msg=(purged target=/2.3.0/spacecraft/3/ cached=0 by=127)`)
	for i, r := range f.replicas {
		if !r.holds(t, page) {
			t.Errorf("replica %d has forgotten the list, too", i)
		}
	}
	forgets(page, "https://ll.thespacedevs.com/2.3.0/spacecraft/?limit=3&mode=detailed&x=y",
		"purged /2.3.0/spacecraft/?limit=3&mode=detailed&x=y\n  ll2/1 json /2.3.0/spacecraft/?limit=100&mode=detailed, answered ")
	before := sim.Requests().Billed
	for i, r := range f.replicas {
		if _, body := get(t, r.traffic+page); !strings.HasPrefix(body, `{"count":580,`) {
			t.Errorf("replica %d answers with %.30s, want what is new", i, body)
		}
	}
	if got := sim.Requests().Billed - before; got != 1 {
		t.Errorf("what was purged cost %d requests, want 1", got)
	}
}

// Whoever purges learns it when others could not be reached.
func TestPurgeWhileValkeyIsLost(t *testing.T) {
	t.Parallel()
	f := launchFleet(t, valkeytest.Start(t), ll2sim.New(ll2sim.Options{}), 2)
	for _, r := range f.replicas {
		r.ask(page(0), clientNo(1), "")
	}
	f.cuts[0].Cut()
	code, _, stderr := runs(t, f.replicas[0].adminOf(), "purge", page(0))
	if code != exitFailed || !strings.Contains(stderr, "perigee: purge "+page(0)+": What is cached here was purged, but it may come back: ") {
		t.Errorf("got exit code %d and %q", code, stderr)
	}
	if f.replicas[0].holds(t, page(0)) || !f.replicas[1].holds(t, page(0)) {
		t.Error("it should be forgotten here, and cached there")
	}
	f.cuts[0].Heal()
	f.replicas[0].await(t, "\nperigee_valkey_up 1\n")
	if code, stdout, stderr := runs(t, f.replicas[0].adminOf(), "purge", page(0)); code != exitDone {
		t.Errorf("got exit code %d, %q and %q when Valkey is back", code, stdout, stderr)
	}
	await(t, "the other replica to forget", func() bool { return !f.replicas[1].holds(t, page(0)) })
}

// In profile http what is forgotten is the URL with all its variants.
func TestPurgePlain(t *testing.T) {
	t.Parallel()
	asked := 0
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Cache-Control", "max-age=600")
		_, _ = io.WriteString(w, "hello")
	}))
	defer upstream.Close()
	p := serveHere(t, "PERIGEE_PROFILE=http", "PERIGEE_UPSTREAM_URL="+upstream.URL)
	for range 2 {
		get(t, p.traffic+"/a?b=1")
		get(t, p.traffic+"/other")
	}
	code, stdout, stderr := runs(t, p.adminOf(), "purge", "/a?b=1")
	if code != exitDone || !strings.HasPrefix(stdout, "purged /a?b=1\n  http/1 ") {
		t.Errorf("got exit code %d, %q and %q", code, stdout, stderr)
	}
	get(t, p.traffic+"/a?b=1")
	get(t, p.traffic+"/other")
	if asked != 3 {
		t.Errorf("upstream was asked %d times, want 3", asked)
	}
}

// What is wrong is said, and the rest is done.
func TestPurgeOfWhatIsNoTarget(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(ll2sim.New(ll2sim.Options{}))
	defer upstream.Close()
	p := serveHere(t, "PERIGEE_UPSTREAM_URL="+upstream.URL, "PERIGEE_DATA_DIR=off")
	get(t, p.traffic+page(0))
	code, stdout, stderr := runs(t, p.adminOf(), "purge", "spacecraft", page(0), "/%zz")
	if code != exitFailed || !strings.HasPrefix(stdout, "purged "+page(0)+"\n  ll2/1 json "+page(0)+", answered ") {
		t.Errorf("got exit code %d and %q, want the page to be purged all the same", code, stdout)
	}
	for _, want := range []string{"purge spacecraft: Nothing was purged", "purge /%zz: Nothing was purged"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q does not say %q", stderr, want)
		}
	}
	for _, tt := range []struct {
		name    string
		environ []string
		args    []string
		code    int
		says    string
	}{
		{"no target", p.adminOf(), []string{"purge"}, exitUsage, "purge TARGET..."},
		{"an option", p.adminOf(), []string{"purge", "-all"}, exitUsage, "purge TARGET..."},
		{"bad settings", []string{"PERIGEE_TTL=x"}, []string{"purge", page(0)}, exitUsage, "PERIGEE_TTL"},
		{"nobody there", []string{"PERIGEE_ADMIN_LISTEN=" + nobody}, []string{"purge", page(0)}, exitFailed, "not running"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if code, _, stderr := runs(t, tt.environ, tt.args...); code != tt.code || !strings.Contains(stderr, tt.says) {
				t.Errorf("got exit code %d and %q, want %d and %q", code, stderr, tt.code, tt.says)
			}
		})
	}
}

// What is sent to the admin listener itself is checked there, and no web page can
// have a browser send it.
func TestPurgeEndpoint(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(ll2sim.New(ll2sim.Options{}))
	defer upstream.Close()
	p := serveHere(t, "PERIGEE_UPSTREAM_URL="+upstream.URL, "PERIGEE_DATA_DIR=off")
	get(t, p.traffic+page(0))
	for _, tt := range []struct {
		name, method, query, body string
		fields                    []string
		status                    int
		says                      string
	}{
		{"no target", "POST", "", "", nil, 400, "One field named target is needed"},
		{"two targets", "POST", "", "target=/a&target=/b", nil, 400, "One field named target is needed"},
		{"no form", "POST", "", "target=%zz", nil, 400, "The form cannot be read"},
		{"too long", "POST", "", "target=/" + strings.Repeat("x", 70_000), nil, 400, "The form cannot be read"},
		{"a bad target", "POST", "", "target=x", nil, 400, "does not begin with a slash"},
		{"GET", "GET", "?target=" + page(0), "", nil, 405, ""},
		{"another origin", "POST", "", "target=" + page(0), []string{"Sec-Fetch-Site", "cross-site"}, 403, "another origin"},
		{"another origin, an old browser", "POST", "", "target=" + page(0), []string{"Origin", "https://example.org"}, 403, "another origin"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fields := append(tt.fields, "Content-Type", "application/x-www-form-urlencoded")
			resp, body := send(t, tt.method, p.admin+"/purge"+tt.query, tt.body, fields...)
			if resp.StatusCode != tt.status || !strings.Contains(body, tt.says) {
				t.Errorf("got %d %s, want %d and %q", resp.StatusCode, body, tt.status, tt.says)
			}
			if tt.status != 405 && resp.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("got the type %q", resp.Header.Get("Content-Type"))
			}
		})
	}
	if !p.holds(t, page(0)) {
		t.Error("the page was forgotten")
	}
}
