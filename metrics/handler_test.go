package metrics

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"perigee/cache"
)

func TestHandlerNegotiates(t *testing.T) {
	reg := prometheus.NewRegistry()
	New(reg, Options{})
	for _, tt := range []struct{ accept, wantType, wantEnd string }{
		{"application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=1.0.0", "# EOF\n"},
		{"text/plain", "text/plain; version=0.0.4", "\n"},
		{"", "text/plain; version=0.0.4", "\n"},
	} {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
		req.Header.Set("Accept", tt.accept)
		rec := httptest.NewRecorder()
		Handler(reg).ServeHTTP(rec, req)
		if got := rec.Header().Get("Content-Type"); rec.Code != http.StatusOK || !strings.HasPrefix(got, tt.wantType) {
			t.Errorf("Accept %q: %d %q, want 200 %q", tt.accept, rec.Code, got, tt.wantType)
		}
		if body := rec.Body.String(); !strings.HasSuffix(body, tt.wantEnd) || !strings.Contains(body, "\nperigee_panics_recovered_total 0") {
			t.Errorf("Accept %q: the body ends in %q", tt.accept, body[max(0, len(body)-80):])
		}
	}
}

// TestHandlerSurvivesBadCollector: one that panics costs its own metrics only.
func TestHandlerSurvivesBadCollector(t *testing.T) {
	reg := prometheus.NewRegistry()
	New(reg, Options{Memory: func() cache.Stats { panic("closed already") }})
	rec := httptest.NewRecorder()
	Handler(reg).ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	body := rec.Body.String()
	if rec.Code != http.StatusOK || !strings.Contains(body, "perigee_requests_total") {
		t.Errorf("status %d, requests exported: %t; want the other metrics", rec.Code, strings.Contains(body, "perigee_requests_total"))
	}
	if strings.Contains(body, "perigee_cache_entries") {
		t.Error("the broken collector exported something")
	}
}

// TestHandlerServesRuntime: the metrics of the Go runtime and the process are there.
func TestHandlerServesRuntime(t *testing.T) {
	reg := prometheus.NewRegistry()
	New(reg, Options{})
	families := gathered(t, reg)
	for _, name := range []string{"go_goroutines", "go_sched_latencies_seconds", "go_gc_pauses_seconds", "process_start_time_seconds"} {
		if _, ok := families[name]; !ok {
			t.Errorf("%s is not exported", name)
		}
	}
}
