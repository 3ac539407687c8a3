package metrics

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// TestLint holds the names and help texts to the conventions of Prometheus.
func TestLint(t *testing.T) {
	reg := prometheus.NewRegistry()
	exercise(New(reg, everything(someEndpoints)))
	problems, err := testutil.GatherAndLint(reg)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "perigee_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// TestScenario plays a minute of a proxy's life and compares what a scrape shows.
func TestScenario(t *testing.T) {
	reg := prometheus.NewRegistry()
	now := noon
	o := everything([]string{"/2.3.0/spacecraft/"})
	o.Build = BuildInfo{Version: "1.2.3", Revision: "abc", GoVersion: "go1.26"}
	o.Now = func() time.Time { return now }
	m := New(reg, o)
	m.RequestStarted() // one miss, one that waits for it, one that is still being answered
	m.RequestStarted()
	m.RequestStarted()
	m.FetchStarted()
	m.WaiterJoined()
	m.UpstreamAnswered("/2.3.0/spacecraft/", 200, 800*time.Millisecond)
	m.DirectiveOverridden("private")
	m.RequestEnded("miss", "/2.3.0/spacecraft/", 200, 801*time.Millisecond)
	m.RequestEnded("collapsed", "/2.3.0/spacecraft/", 200, 700*time.Millisecond)
	m.UpstreamAnswered("/2.3.0/spacecraft/", 0, 20*time.Second)
	m.DowngradeRejected("status")
	m.PageCut(false, false)
	m.ObjectFromList()
	m.ParameterIgnored("tbd")
	m.PageCut(true, true)
	m.WindowRejected("short")
	m.QuotaGranted("waiting", 0)
	m.QuotaRefused("stale", "share", 0)
	m.QuotaDropped("waiting")
	m.StaleServed("stale-quota", "/2.3.0/spacecraft/")
	now = noon.Add(time.Minute)

	if got := exposition(t, reg); got != scenario[1:] {
		t.Errorf("a scrape shows\n%s\nwant\n%s", got, scenario)
	}
}

// exposition returns all that a scrape shows of Perigee, but for histograms, which
// have a test of their own. Help texts and types are those of README's table, which
// has a test too.
func exposition(t *testing.T, reg *prometheus.Registry) string {
	t.Helper()
	rec := httptest.NewRecorder()
	Handler(reg).ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	var b strings.Builder
	histogram := false
	for line := range strings.Lines(rec.Body.String()) {
		if strings.HasPrefix(line, "# TYPE ") {
			histogram = strings.HasSuffix(line, " histogram\n")
		}
		if strings.HasPrefix(line, "perigee_") && !histogram {
			b.WriteString(line)
		}
	}
	return b.String()
}

const scenario = `
perigee_build_info{goversion="go1.26",revision="abc",version="1.2.3"} 1
perigee_cache_bytes 66000
perigee_cache_entries 3
perigee_cache_evictions_total 4
perigee_cache_hits_total 40
perigee_cache_max_bytes 2.68435456e+08
perigee_cache_misses_total 5
perigee_cache_pinned_bytes 44000
perigee_cache_pinned_entries 2
perigee_cache_sets_dropped_total 1
perigee_cache_sets_rejected_total 2
perigee_cache_sets_too_large_total 3
perigee_client_quota_used{client="192.0.2.1"} 3.5
perigee_client_quota_used{client="app"} 1
perigee_coalesced_waiters_total 1
perigee_delegated_fetches_in_flight 4
perigee_disk_bytes 90000
perigee_disk_damaged_total 11
perigee_disk_entries 7
perigee_disk_errors_total 12
perigee_disk_evictions_total 10
perigee_disk_hits_total 8
perigee_disk_max_bytes 1.073741824e+09
perigee_disk_misses_total 9
perigee_disk_unhealthy 1
perigee_downgrades_rejected_total{reason="malformed"} 0
perigee_downgrades_rejected_total{reason="media-type"} 0
perigee_downgrades_rejected_total{reason="other"} 0
perigee_downgrades_rejected_total{reason="redirect"} 0
perigee_downgrades_rejected_total{reason="shape"} 0
perigee_downgrades_rejected_total{reason="status"} 1
perigee_downgrades_rejected_total{reason="unframed"} 0
perigee_fetches_in_flight 1
perigee_ignored_parameters_total{name="other"} 0
perigee_ignored_parameters_total{name="tbd"} 1
perigee_objects_from_lists_total 1
perigee_overridden_directives_total{directive="no-cache"} 0
perigee_overridden_directives_total{directive="no-store"} 0
perigee_overridden_directives_total{directive="other"} 0
perigee_overridden_directives_total{directive="private"} 1
perigee_pages_cut_total{windows="one"} 1
perigee_pages_cut_total{windows="two"} 1
perigee_pages_mixed_total 1
perigee_panics_recovered_total 0
perigee_quota_clients 3
perigee_quota_dropped_total{priority="other"} 0
perigee_quota_dropped_total{priority="refresh"} 0
perigee_quota_dropped_total{priority="speculative"} 0
perigee_quota_dropped_total{priority="stale"} 0
perigee_quota_dropped_total{priority="waiting"} 1
perigee_quota_granted_total{priority="other"} 0
perigee_quota_granted_total{priority="refresh"} 0
perigee_quota_granted_total{priority="speculative"} 0
perigee_quota_granted_total{priority="stale"} 0
perigee_quota_granted_total{priority="waiting"} 1
perigee_quota_limit 15
perigee_quota_next_slot_seconds 540
perigee_quota_period_seconds 3600
perigee_quota_record_errors_total 13
perigee_quota_record_unhealthy 1
perigee_quota_refused_total{priority="stale",reason="share"} 1
perigee_quota_remaining 8
perigee_quota_report_age_seconds 60
perigee_quota_report_failures_total 0
perigee_quota_spent{by="others"} 2
perigee_quota_spent{by="perigee"} 5
perigee_quota_used 7
perigee_quota_waiting 1
perigee_replica_handovers_total 1
perigee_replica_leader_known 1
perigee_replica_leading 1
perigee_replica_role_start_time_seconds 1.7698608e+09
perigee_replica_standalone 0
perigee_replica_terms_total 2
perigee_replicas 3
perigee_replicas_missing 1
perigee_requests_in_flight 1
perigee_requests_total{endpoint="/2.3.0/spacecraft/",outcome="collapsed",status="200"} 1
perigee_requests_total{endpoint="/2.3.0/spacecraft/",outcome="miss",status="200"} 1
perigee_requests_total{endpoint="other",outcome="bypass",status="200"} 0
perigee_requests_total{endpoint="other",outcome="collapsed",status="200"} 0
perigee_requests_total{endpoint="other",outcome="error",status="502"} 0
perigee_requests_total{endpoint="other",outcome="hit",status="200"} 0
perigee_requests_total{endpoint="other",outcome="local",status="200"} 0
perigee_requests_total{endpoint="other",outcome="miss",status="200"} 0
perigee_requests_total{endpoint="other",outcome="other",status="502"} 0
perigee_requests_total{endpoint="other",outcome="refused",status="429"} 0
perigee_requests_total{endpoint="other",outcome="stale",status="200"} 0
perigee_stale_answers_total{endpoint="/2.3.0/spacecraft/",reason="stale-quota"} 1
perigee_upstream_requests_total{endpoint="/2.3.0/spacecraft/",status="200"} 1
perigee_upstream_requests_total{endpoint="/2.3.0/spacecraft/",status="none"} 1
perigee_upstream_requests_total{endpoint="other",status="200"} 0
perigee_valkey_damaged_total 1
perigee_valkey_disconnects_total 2
perigee_valkey_errors_total 4
perigee_valkey_fenced_total 5
perigee_valkey_hits_total 30
perigee_valkey_misses_total 31
perigee_valkey_out_of_memory_total 3
perigee_valkey_purges_received_total 6
perigee_valkey_puts_total 32
perigee_valkey_up 1
perigee_windows_cached 6
perigee_windows_rejected_total{reason="long"} 0
perigee_windows_rejected_total{reason="next"} 0
perigee_windows_rejected_total{reason="offset"} 0
perigee_windows_rejected_total{reason="other"} 0
perigee_windows_rejected_total{reason="previous"} 0
perigee_windows_rejected_total{reason="shape"} 0
perigee_windows_rejected_total{reason="short"} 1
perigee_windows_rejected_total{reason="spacing"} 0
`

// TestDurations: classic buckets for everybody, native ones for those who take
// them, and a series for each outcome and result before anything happened.
func TestDurations(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := New(reg, Options{})
	for name, want := range map[string]int{"perigee_request_duration_seconds": len(outcomes()) + 1, "perigee_upstream_request_duration_seconds": len(results())} {
		if got := len(seriesOf(t, reg, name)); got != want {
			t.Errorf("%s starts with %d series, want %d", name, got, want)
		}
	}
	m.RequestStarted()
	m.RequestEnded("hit", "x", 200, 75*time.Microsecond)
	for _, series := range seriesOf(t, reg, "perigee_request_duration_seconds") {
		h, want := series.GetHistogram(), uint64(0)
		if series.GetLabel()[0].GetValue() == "hit" {
			want = 1
		}
		if got := h.GetSampleCount(); got != want {
			t.Errorf("%v: %d observations, want %d", series.GetLabel(), got, want)
		}
		first, second := h.GetBucket()[0], h.GetBucket()[1]
		if first.GetUpperBound() != 50e-6 || first.GetCumulativeCount() != 0 || second.GetCumulativeCount() != want {
			t.Errorf("%v: buckets begin with %v, %v", series.GetLabel(), first, second)
		}
		if h.Schema == nil || len(h.GetPositiveDelta()) != int(want) {
			t.Errorf("%v: native schema %v with %d buckets, want %d", series.GetLabel(), h.Schema, len(h.GetPositiveDelta()), want)
		}
	}
}

func TestUpstreamResult(t *testing.T) {
	for _, tt := range []struct {
		status int
		want   string
	}{
		{-1, "no_response"}, {0, "no_response"}, {200, "success"}, {304, "success"}, {400, "rejected"},
		{404, "rejected"}, {429, "throttled"}, {500, "failed"}, {503, "failed"}, {999, "failed"},
	} {
		reg := prometheus.NewRegistry()
		New(reg, Options{}).UpstreamAnswered("x", tt.status, time.Second)
		for _, series := range seriesOf(t, reg, "perigee_upstream_request_duration_seconds") {
			got := series.GetHistogram().GetSampleCount() == 1
			if name := series.GetLabel()[0].GetValue(); got != (name == tt.want) {
				t.Errorf("status %d counted as %s: %t, want only %s", tt.status, name, got, tt.want)
			}
		}
	}
}

// TestConcurrency is for the race detector, and counts what came through.
func TestConcurrency(t *testing.T) {
	const workers, each = 8, 200
	reg := prometheus.NewRegistry()
	m := New(reg, everything(someEndpoints))
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range each {
				m.RequestStarted()
				m.RequestEnded("hit", someEndpoints[i%3], 200, time.Duration(i)*time.Microsecond)
				m.UpstreamAnswered("unknown", i, time.Millisecond)
			}
		})
	}
	all.Go(func() {
		for range 20 {
			if _, err := reg.Gather(); err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
	var sum float64
	for _, series := range seriesOf(t, reg, "perigee_requests_total") {
		sum += series.GetCounter().GetValue()
	}
	if sum != workers*each {
		t.Errorf("counted %v requests, want %d", sum, workers*each)
	}
}

// TestNoAllocation holds the path of every request to nothing on the heap.
func TestNoAllocation(t *testing.T) {
	m := New(prometheus.NewRegistry(), Options{Endpoints: someEndpoints})
	got := testing.AllocsPerRun(1000, func() {
		m.RequestStarted()
		m.RequestEnded("hit", someEndpoints[0], 200, 75*time.Microsecond)
	})
	if got != 0 {
		t.Errorf("%v allocations a request, want 0", got)
	}
}
