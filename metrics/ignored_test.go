package metrics

import (
	"strconv"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// Clients choose the names: however many they think of, the series are bounded.
func TestIgnoredNamesAreBounded(t *testing.T) {
	reg := prometheus.NewRegistry()
	m := New(reg, Options{})
	for n := range 10_000 {
		m.ParameterIgnored("p" + strconv.Itoa(n))
	}
	if got, want := len(seriesOf(t, reg, "perigee_ignored_parameters_total")), maxNames+1; got != want {
		t.Errorf("%d series, want %d", got, want)
	}
}
