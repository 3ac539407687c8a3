package proxy_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"perigee/proxy"
	"perigee/proxy/ll2sim"
	"perigee/testdata"
)

// frozen is a moment for the simulator, so that launches do not move between
// the direct answer and the proxied one.
func frozen() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// sameAnswer asks upstream itself and the proxy, and reports any difference but
// the base of the links. The paths that the proxy answers itself, without the
// redirect, are asked upstream where the redirect leads.
func sameAnswer(t *testing.T, r *rig, target string, fields ...string) {
	t.Helper()
	want := r.direct(target, fields...)
	if want.status == http.StatusMovedPermanently {
		want = r.direct(want.header.Get("Location"), fields...)
	}
	for _, round := range []string{"first", "again"} {
		got := r.get(target, fields...)
		if got.status != want.status {
			t.Errorf("%s %s %v: status %d, want %d", round, target, fields, got.status, want.status)
			return
		}
		if gotType, wantType := got.header.Get("Content-Type"), want.header.Get("Content-Type"); gotType != wantType {
			t.Errorf("%s %s %v: Content-Type %q, want %q", round, target, fields, gotType, wantType)
		}
		if wantBody := swapBase(r, want.body); got.body != wantBody {
			t.Errorf("%s %s %v: body differs at %s", round, target, fields, firstDifference(got.body, wantBody))
		}
	}
}

func firstDifference(got, want string) string {
	n := 0
	for n < len(got) && n < len(want) && got[n] == want[n] {
		n++
	}
	from := max(n-60, 0)
	return "\n got " + clip(got[from:]) + "\nwant " + clip(want[from:])
}

func clip(s string) string { return s[:min(len(s), 200)] }

func TestEveryRecordedQueryIsAnsweredAsUpstreamDoes(t *testing.T) {
	r := newRig(t, rigOptions{sim: ll2sim.Options{Now: frozen}})
	for _, row := range testdata.ListAnswers() {
		sameAnswer(t, r, "/2.3.0/spacecraft/"+row.Query)
	}
}

func TestEveryRecordedRequestIsAnsweredAsUpstreamDoes(t *testing.T) {
	r := newRig(t, rigOptions{sim: ll2sim.Options{Now: frozen}})
	for _, row := range testdata.Exchanges() {
		if row.Method != http.MethodGet || strings.Contains(row.Target, "api-throttle") {
			continue
		}
		var fields []string
		for _, line := range row.Accept {
			fields = append(fields, "Accept", line)
		}
		sameAnswer(t, r, row.Target, fields...)
	}
}

func TestEveryKnownClientIsAnsweredAsUpstreamDoes(t *testing.T) {
	r := newRig(t, rigOptions{sim: ll2sim.Options{Now: frozen}})
	targets := clientTargets()
	for _, target := range targets {
		sameAnswer(t, r, target)
	}
	if len(targets) < 200 {
		t.Errorf("only %d requests were compared", len(targets))
	}
}

// clientTargets are what known clients ask for.
func clientTargets() []string {
	var targets []string
	for _, row := range testdata.Clients() {
		if row.Method != http.MethodGet || strings.Contains(row.Path, "api-throttle") {
			continue
		}
		target := row.Path
		if row.Query != "" {
			target += "?" + row.Query
		}
		targets = append(targets, target)
	}
	return targets
}

// allTargets are those and the recorded ones.
func allTargets() []string {
	targets := clientTargets()
	for _, row := range testdata.ListAnswers() {
		targets = append(targets, "/2.3.0/spacecraft/"+row.Query)
	}
	return targets
}

// An object is looked up among what its list's filters let through.
func TestFiltersApplyToObjects(t *testing.T) {
	r := newRig(t, rigOptions{sim: ll2sim.Options{Now: frozen}})
	for _, query := range []string{"", "?status=99", "?status=abc", "?search=zzz", "?mode=normal&limit=3&ordering=id&x=1", "?in_space=perhaps"} {
		sameAnswer(t, r, "/2.3.0/spacecraft/202/"+query)
	}
}

// The page of the seed: ten real spacecraft.
func TestTheRecordedPageComesThroughByteForByte(t *testing.T) {
	r := newRig(t, rigOptions{sim: ll2sim.Options{Now: frozen}})
	got := r.get("/2.3.0/spacecraft/?format=json&offset=320&ordering=flights_count")
	want := strings.ReplaceAll(string(testdata.SpacecraftPageJSON()), "https://ll.thespacedevs.com", r.proxy.URL)
	if got.body != want {
		t.Errorf("body differs at %s", firstDifference(got.body, want))
	}
}

func TestKeptLinksAreUpstreams(t *testing.T) {
	r := newRig(t, rigOptions{
		sim:    ll2sim.Options{Now: frozen},
		adjust: func(o *proxy.Options) { o.KeepLinks = true },
	})
	for _, target := range []string{"/2.3.0/spacecraft/?limit=2&offset=2&x=1", "/2.3.0/spacecraft/7/?format=json"} {
		if got, want := r.get(target).body, r.direct(target).body; got != want {
			t.Errorf("%s: body differs at %s", target, firstDifference(got, want))
		}
	}
}
