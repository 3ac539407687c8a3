package metrics

import (
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
	exercise(New(reg, Options{Endpoints: someEndpoints, CacheStats: someStats, DiskStats: someDisk, ValkeyStats: someValkey, QuotaStats: someQuota, QuotaClients: someClients, WindowsHeld: someWindows}))
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
	m := New(reg, Options{
		Build:     BuildInfo{Version: "1.2.3", Revision: "abc", GoVersion: "go1.26"},
		Endpoints: []string{"/2.3.0/spacecraft/"}, CacheStats: someStats, DiskStats: someDisk, ValkeyStats: someValkey,
		QuotaStats: someQuota, QuotaClients: someClients, WindowsHeld: someWindows,
		Now: func() time.Time { return now },
	})
	m.RequestStarted() // one miss, one that waits for it, one that is still being answered
	m.RequestStarted()
	m.RequestStarted()
	m.FlightStarted()
	m.WaiterJoined()
	m.UpstreamAnswered("/2.3.0/spacecraft/", 200, 800*time.Millisecond)
	m.Overridden("private")
	m.RequestEnded("miss", "/2.3.0/spacecraft/", 200, 801*time.Millisecond)
	m.RequestEnded("collapsed", "/2.3.0/spacecraft/", 200, 700*time.Millisecond)
	m.UpstreamAnswered("/2.3.0/spacecraft/", 0, 20*time.Second)
	m.WorseAnswerKept("status")
	m.PageCut(false, false)
	m.ObjectFromList()
	m.ParameterIgnored("tbd")
	m.PageCut(true, true)
	m.WindowDoubted("short")
	m.QuotaGranted("waiting", 0)
	m.QuotaRefused("holding", "share", 0)
	m.QuotaDropped("waiting")
	m.StaleServed("stale-quota", "/2.3.0/spacecraft/")
	now = noon.Add(time.Minute)

	err := testutil.GatherAndCompare(reg, strings.NewReader(scenario), namesIn(scenario)...)
	if err != nil {
		t.Error(err)
	}
}

const scenario = `
# HELP perigee_windows_held Wide pages that were fetched and may still be served, fresh or stale.
# TYPE perigee_windows_held gauge
perigee_windows_held 6
# HELP perigee_ignored_parameters_total Requests with a parameter that the endpoint does not know, by its name; after the first 64 names, other.
# TYPE perigee_ignored_parameters_total counter
perigee_ignored_parameters_total{name="other"} 0
perigee_ignored_parameters_total{name="tbd"} 1
# HELP perigee_objects_from_lists_total Answers for an object that were an element of a held list.
# TYPE perigee_objects_from_lists_total counter
perigee_objects_from_lists_total 1
# HELP perigee_pages_cut_total Answers that were cut from wide pages, by how many of these they needed: one, or two.
# TYPE perigee_pages_cut_total counter
perigee_pages_cut_total{windows="one"} 1
perigee_pages_cut_total{windows="two"} 1
# HELP perigee_pages_mixed_total Answers that were cut from pages of different states of the list, since the quota forbade better.
# TYPE perigee_pages_mixed_total counter
perigee_pages_mixed_total 1
# HELP perigee_window_doubts_total Lists whose wide pages were not believed, and that are asked for as clients ask since, by what was wrong.
# TYPE perigee_window_doubts_total counter
perigee_window_doubts_total{reason="shape"} 0
perigee_window_doubts_total{reason="offset"} 0
perigee_window_doubts_total{reason="short"} 1
perigee_window_doubts_total{reason="long"} 0
perigee_window_doubts_total{reason="next"} 0
perigee_window_doubts_total{reason="previous"} 0
perigee_window_doubts_total{reason="spacing"} 0
perigee_window_doubts_total{reason="other"} 0
# HELP perigee_disk_entries Entries held on disk, as far as is known.
# TYPE perigee_disk_entries gauge
perigee_disk_entries 7
# HELP perigee_disk_bytes Bytes that the entries on disk take.
# TYPE perigee_disk_bytes gauge
perigee_disk_bytes 90000
# HELP perigee_disk_max_bytes Bytes that the entries on disk may take.
# TYPE perigee_disk_max_bytes gauge
perigee_disk_max_bytes 1.073741824e+09
# HELP perigee_disk_ailing 1 if the last write to disk failed: what is fetched does not survive a restart then.
# TYPE perigee_disk_ailing gauge
perigee_disk_ailing 1
# HELP perigee_disk_hits_total Look-ups on disk that found an entry.
# TYPE perigee_disk_hits_total counter
perigee_disk_hits_total 8
# HELP perigee_disk_misses_total Look-ups on disk that found nothing.
# TYPE perigee_disk_misses_total counter
perigee_disk_misses_total 9
# HELP perigee_disk_evictions_total Entries that gave way to others on disk.
# TYPE perigee_disk_evictions_total counter
perigee_disk_evictions_total 10
# HELP perigee_disk_damaged_total Files that were damaged and set aside.
# TYPE perigee_disk_damaged_total counter
perigee_disk_damaged_total 11
# HELP perigee_disk_faults_total Calls that the medium failed: full, read-only, gone or too slow.
# TYPE perigee_disk_faults_total counter
perigee_disk_faults_total 12
# HELP perigee_valkey_up 1 while Valkey answers: pages, fetches and the quota are shared with other replicas.
# TYPE perigee_valkey_up gauge
perigee_valkey_up 1
# HELP perigee_valkey_losses_total How often Valkey was lost after it had answered.
# TYPE perigee_valkey_losses_total counter
perigee_valkey_losses_total 2
# HELP perigee_valkey_hits_total Look-ups in Valkey that found an entry which another replica had fetched, or this one earlier.
# TYPE perigee_valkey_hits_total counter
perigee_valkey_hits_total 30
# HELP perigee_valkey_misses_total Look-ups in Valkey that found nothing, or could not be made.
# TYPE perigee_valkey_misses_total counter
perigee_valkey_misses_total 31
# HELP perigee_valkey_puts_total Entries that were stored in Valkey.
# TYPE perigee_valkey_puts_total counter
perigee_valkey_puts_total 32
# HELP perigee_valkey_damaged_total Entries in Valkey that were damaged and removed.
# TYPE perigee_valkey_damaged_total counter
perigee_valkey_damaged_total 1
# HELP perigee_valkey_full_total Calls for which Valkey had no room.
# TYPE perigee_valkey_full_total counter
perigee_valkey_full_total 3
# HELP perigee_valkey_errors_total Calls that Valkey answered with an error, or that got no connection in time.
# TYPE perigee_valkey_errors_total counter
perigee_valkey_errors_total 4
# HELP perigee_valkey_flights_led_total Fetches that this replica made on behalf of all.
# TYPE perigee_valkey_flights_led_total counter
perigee_valkey_flights_led_total 20
# HELP perigee_valkey_flights_followed_total Fetches that this replica left to another and waited for.
# TYPE perigee_valkey_flights_followed_total counter
perigee_valkey_flights_followed_total 21
# HELP perigee_valkey_flights_fenced_total Fetches whose result came after that of a later one, and is not shared.
# TYPE perigee_valkey_flights_fenced_total counter
perigee_valkey_flights_fenced_total 5
# HELP perigee_valkey_purges_heard_total Entries that other replicas have deleted everywhere.
# TYPE perigee_valkey_purges_heard_total counter
perigee_valkey_purges_heard_total 6
# HELP perigee_quota_granted_total Fetches that got a request of the quota, by priority.
# TYPE perigee_quota_granted_total counter
perigee_quota_granted_total{priority="holding"} 0
perigee_quota_granted_total{priority="other"} 0
perigee_quota_granted_total{priority="refresh"} 0
perigee_quota_granted_total{priority="speculative"} 0
perigee_quota_granted_total{priority="waiting"} 1
# HELP perigee_quota_dropped_total Fetches that nobody waited for any more before their turn, which cost nothing, by priority.
# TYPE perigee_quota_dropped_total counter
perigee_quota_dropped_total{priority="holding"} 0
perigee_quota_dropped_total{priority="other"} 0
perigee_quota_dropped_total{priority="refresh"} 0
perigee_quota_dropped_total{priority="speculative"} 0
perigee_quota_dropped_total{priority="waiting"} 1
# HELP perigee_quota_refused_total Fetches that got no request of the quota in time, by priority and reason.
# TYPE perigee_quota_refused_total counter
perigee_quota_refused_total{priority="holding",reason="share"} 1
# HELP perigee_quota_spent Requests of the quota that are spent, by Perigee's own ledger, by who spent them: perigee or others.
# TYPE perigee_quota_spent gauge
perigee_quota_spent{by="others"} 2
perigee_quota_spent{by="perigee"} 5
# HELP perigee_quota_waiting Fetches that wait for their turn.
# TYPE perigee_quota_waiting gauge
perigee_quota_waiting 1
# HELP perigee_quota_clients Clients that asked for something that costs a request, within one period.
# TYPE perigee_quota_clients gauge
perigee_quota_clients 3
# HELP perigee_quota_replicas Replicas that share the quota, as far as this one knows.
# TYPE perigee_quota_replicas gauge
perigee_quota_replicas 3
# HELP perigee_quota_held Requests of the quota that are kept for replicas which cannot be heard.
# TYPE perigee_quota_held gauge
perigee_quota_held 4
# HELP perigee_quota_alone 1 while this replica spends no more than its own part of the quota, since it cannot ask the others.
# TYPE perigee_quota_alone gauge
perigee_quota_alone 1
# HELP perigee_client_quota_used Requests that a client has spent of the quota within one period, for the 20 that spent most.
# TYPE perigee_client_quota_used gauge
perigee_client_quota_used{client="192.0.2.1"} 3.5
perigee_client_quota_used{client="app"} 1
# HELP perigee_stale_answers_total Answers that were past their freshness, by why they were served, and by endpoint.
# TYPE perigee_stale_answers_total counter
perigee_stale_answers_total{endpoint="/2.3.0/spacecraft/",reason="stale-quota"} 1
# HELP perigee_build_info Always 1; the labels tell which build is running.
# TYPE perigee_build_info gauge
perigee_build_info{goversion="go1.26",revision="abc",version="1.2.3"} 1
# HELP perigee_cache_bytes Bytes that the entries in memory take.
# TYPE perigee_cache_bytes gauge
perigee_cache_bytes 66000
# HELP perigee_cache_entries Entries held in memory.
# TYPE perigee_cache_entries gauge
perigee_cache_entries 3
# HELP perigee_cache_evictions_total Entries that gave way to others in the memory cache.
# TYPE perigee_cache_evictions_total counter
perigee_cache_evictions_total 4
# HELP perigee_cache_hits_total Look-ups in memory that found an entry, fresh or stale.
# TYPE perigee_cache_hits_total counter
perigee_cache_hits_total 40
# HELP perigee_cache_max_bytes Bytes that the entries in memory may take.
# TYPE perigee_cache_max_bytes gauge
perigee_cache_max_bytes 2.68435456e+08
# HELP perigee_cache_misses_total Look-ups in memory that found nothing.
# TYPE perigee_cache_misses_total counter
perigee_cache_misses_total 5
# HELP perigee_cache_pinned_bytes Bytes that the pinned entries take.
# TYPE perigee_cache_pinned_bytes gauge
perigee_cache_pinned_bytes 44000
# HELP perigee_cache_pinned_entries Latest entries that are held whatever the memory cache decides.
# TYPE perigee_cache_pinned_entries gauge
perigee_cache_pinned_entries 2
# HELP perigee_cache_sets_dropped_total Entries that the memory cache dropped because its queue was full.
# TYPE perigee_cache_sets_dropped_total counter
perigee_cache_sets_dropped_total 1
# HELP perigee_cache_sets_rejected_total Entries that the memory cache's admission policy refused.
# TYPE perigee_cache_sets_rejected_total counter
perigee_cache_sets_rejected_total 2
# HELP perigee_cache_sets_too_large_total Entries that were too large to be offered to the memory cache.
# TYPE perigee_cache_sets_too_large_total counter
perigee_cache_sets_too_large_total 3
# HELP perigee_coalesced_waiters_total Requests that joined a fetch which another request had caused.
# TYPE perigee_coalesced_waiters_total counter
perigee_coalesced_waiters_total 1
# HELP perigee_fetches_in_flight Fetches under way, each for one resource and for all who wait for it.
# TYPE perigee_fetches_in_flight gauge
perigee_fetches_in_flight 1
# HELP perigee_overridden_directives_total Cache-Control directives of upstream that the settings overrode, by directive.
# TYPE perigee_overridden_directives_total counter
perigee_overridden_directives_total{directive="no-cache"} 0
perigee_overridden_directives_total{directive="no-store"} 0
perigee_overridden_directives_total{directive="other"} 0
perigee_overridden_directives_total{directive="private"} 1
# HELP perigee_panics_recovered_total Panics that were caught. Each one is a defect.
# TYPE perigee_panics_recovered_total counter
perigee_panics_recovered_total 0
# HELP perigee_quota_limit Requests that may be spent in one period: what upstream allows, or less if the settings say so.
# TYPE perigee_quota_limit gauge
perigee_quota_limit 15
# HELP perigee_quota_next_slot_seconds Time until a request of the quota can be spent; 0 while one can.
# TYPE perigee_quota_next_slot_seconds gauge
perigee_quota_next_slot_seconds 540
# HELP perigee_quota_period_seconds Length of the sliding period that the quota counts in.
# TYPE perigee_quota_period_seconds gauge
perigee_quota_period_seconds 3600
# HELP perigee_quota_remaining Requests left of the quota, which is the limit less what is used.
# TYPE perigee_quota_remaining gauge
perigee_quota_remaining 8
# HELP perigee_quota_report_age_seconds Age of upstream's last throttle report, whichever replica asked for it. It tells what others spend.
# TYPE perigee_quota_report_age_seconds gauge
perigee_quota_report_age_seconds 60
# HELP perigee_quota_report_failures_total Throttle reports that could not be fetched or understood.
# TYPE perigee_quota_report_failures_total counter
perigee_quota_report_failures_total 0
# HELP perigee_quota_used Requests used of the quota, by all replicas and by others, by the ledger that replicas share.
# TYPE perigee_quota_used gauge
perigee_quota_used 7
# HELP perigee_requests_in_flight Requests being answered.
# TYPE perigee_requests_in_flight gauge
perigee_requests_in_flight 1
# HELP perigee_requests_total Requests answered, by outcome, endpoint and status.
# TYPE perigee_requests_total counter
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
# HELP perigee_upstream_requests_total Requests sent upstream, by endpoint and status; the status is none where no response came.
# TYPE perigee_upstream_requests_total counter
perigee_upstream_requests_total{endpoint="/2.3.0/spacecraft/",status="200"} 1
perigee_upstream_requests_total{endpoint="/2.3.0/spacecraft/",status="none"} 1
perigee_upstream_requests_total{endpoint="other",status="200"} 0
# HELP perigee_worse_answers_kept_out_total Answers of upstream that did not take the place of a better one, by what was wrong with them.
# TYPE perigee_worse_answers_kept_out_total counter
perigee_worse_answers_kept_out_total{reason="malformed"} 0
perigee_worse_answers_kept_out_total{reason="media-type"} 0
perigee_worse_answers_kept_out_total{reason="other"} 0
perigee_worse_answers_kept_out_total{reason="shape"} 0
perigee_worse_answers_kept_out_total{reason="status"} 1
perigee_worse_answers_kept_out_total{reason="unframed"} 0
`

// namesIn lists the metrics that an exposition declares.
func namesIn(exposition string) []string {
	var names []string
	for line := range strings.Lines(exposition) {
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, _, _ := strings.Cut(rest, " ")
			names = append(names, name)
		}
	}
	return names
}

// TestScenarioIsWhole makes sure that the scenario leaves no metric out but the
// histograms, which have a test of their own.
func TestScenarioIsWhole(t *testing.T) {
	reg := prometheus.NewRegistry()
	exercise(New(reg, Options{CacheStats: someStats, DiskStats: someDisk, ValkeyStats: someValkey, QuotaStats: someQuota, QuotaClients: someClients, WindowsHeld: someWindows}))
	declared := strings.Join(namesIn(scenario), " ") + " "
	for name, f := range gathered(t, reg) {
		if strings.HasPrefix(name, "perigee_") && f.kind != "histogram" && !strings.Contains(declared, name+" ") {
			t.Errorf("%s is not in the scenario", name)
		}
	}
}

// TestDurations: classic buckets for everybody, native ones for those who take
// them, and a series for each outcome and result before anything happened.
func TestDurations(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := New(reg, Options{})
	for name, want := range map[string]int{requestSecondsName: len(Outcomes()) + 1, upstreamSecondsName: len(results())} {
		if got := len(seriesOf(t, reg, name)); got != want {
			t.Errorf("%s starts with %d series, want %d", name, got, want)
		}
	}
	m.RequestStarted()
	m.RequestEnded("hit", "x", 200, 75*time.Microsecond)
	for _, series := range seriesOf(t, reg, requestSecondsName) {
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
		for _, series := range seriesOf(t, reg, upstreamSecondsName) {
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
	m := New(reg, Options{Endpoints: someEndpoints, CacheStats: someStats, DiskStats: someDisk, ValkeyStats: someValkey, QuotaStats: someQuota, QuotaClients: someClients, WindowsHeld: someWindows})
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
	for _, series := range seriesOf(t, reg, requestsName) {
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
