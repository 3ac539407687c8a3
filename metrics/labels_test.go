package metrics

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestStatusSet(t *testing.T) {
	s := newStatusSet()
	for _, tt := range []struct {
		status int
		want   string
	}{
		{200, "200"}, {404, "404"}, {499, "499"}, {504, "504"},
		{100, "1xx"}, {299, "2xx"}, {399, "3xx"}, {418, "4xx"}, {511, "5xx"}, {599, "5xx"},
		{0, "none"}, {1, "other"}, {99, "other"}, {600, "other"}, {999, "other"}, {-1, "other"}, {1 << 40, "other"},
	} {
		if got := s.bound(tt.status); got != tt.want {
			t.Errorf("status %d is %q, want %q", tt.status, got, tt.want)
		}
	}
}

func TestLabelSet(t *testing.T) {
	for _, tt := range []struct {
		name        string
		values      []string
		value, want string
	}{
		{"known", []string{"a", "b"}, "b", "b"},
		{"strange", []string{"a", "b"}, "c", "other"},
		{"empty value", []string{"a"}, "", "other"},
		{"empty set", nil, "a", "other"},
		{"named twice", []string{"a", "a", "b"}, "b", "b"},
		{"other among them", []string{"other", "a"}, "z", "other"},
	} {
		s := newLabelSet(tt.values)
		if got := s.bound(tt.value); got != tt.want {
			t.Errorf("%s: %q is %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
}

// TestCardinality throws 10,000 strange values at every label: the number of
// series stays what the closed sets allow.
func TestCardinality(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := New(reg, Options{Endpoints: someEndpoints})
	for i := range 10_000 {
		strange := fmt.Sprintf("strange-%d", i)
		m.RequestStarted()
		m.RequestEnded(strange, strange, i, time.Millisecond)
		m.RequestStarted()
		m.RequestEnded("hit", "/2.3.0/"+strange, 200, time.Millisecond)
		m.UpstreamAnswered(strange, i, time.Second)
		m.DowngradeRejected(strange)
		m.DirectiveOverridden(strange)
	}
	states := len(newStatusSet().values)
	for name, most := range map[string]int{
		"perigee_requests_total":                    states + len(outcomes()) + 1,
		"perigee_request_duration_seconds":          len(outcomes()) + 1,
		"perigee_upstream_requests_total":           states + len(someEndpoints),
		"perigee_upstream_request_duration_seconds": len(results()),
		"perigee_downgrades_rejected_total":         len(reasons()) + 1,
		"perigee_overridden_directives_total":       len(directives()) + 1,
	} {
		if got := len(seriesOf(t, reg, name)); got == 0 || got > most {
			t.Errorf("%s has %d series, want at most %d", name, got, most)
		}
	}
}
