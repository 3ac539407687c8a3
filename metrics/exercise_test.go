package metrics

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"perigee/cache"
	"perigee/cache/disk"
	"perigee/cache/valkey"
	"perigee/proxy/cluster"
	"perigee/proxy/quota"
)

// noon is the moment at which tests begin.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// someEndpoints are labels as the program gives them.
var someEndpoints = []string{"/2.3.0/spacecraft/", "/2.3.0/launches/upcoming/", "/2.2.0/", "unknown", "outside", "api-throttle"}

func someMemory() cache.Stats {
	return cache.Stats{
		Entries: 3, Bytes: 66_000, MaxBytes: 1 << 28, Hits: 40, Misses: 5, Dropped: 1, Rejected: 2,
		TooLarge: 3, Evicted: 4, PinnedEntries: 2, PinnedBytes: 44_000,
	}
}

func someDisk() disk.Stats {
	return disk.Stats{
		Entries: 7, Bytes: 90_000, MaxBytes: 1 << 30, Hits: 8, Misses: 9, Evicted: 10, Damaged: 11,
		Full: 1, ReadOnly: 2, Vanished: 2, Slow: 3, OtherFaults: 4, Unhealthy: "the disk is full",
	}
}

func someValkey() valkey.Stats {
	return valkey.Stats{Up: true, Losses: 2, Full: 3, Crowded: 1, Declined: 3}
}

func someShared() valkey.TierStats {
	return valkey.TierStats{Hits: 30, Misses: 31, Puts: 32, Damaged: 1, Fenced: 5, PurgesHeard: 6}
}

func someCluster() cluster.Status {
	return cluster.Status{
		Leading: true, Leader: "a", Since: noon, Replicas: 3, Missing: 1, Terms: 2, HandedOver: 1, Pending: 4,
	}
}

func someWindows() int { return 6 }

func someQuota() quota.Stats {
	return quota.Stats{
		Limit: 15, Period: time.Hour, Known: true, Next: 9 * time.Minute, Reported: noon,
		Own: 5, Foreign: 2, Waiting: 1, Clients: 3,
	}
}

func someClients(int) []quota.ClientUse {
	return []quota.ClientUse{{Client: "192.0.2.1", Requests: 3.5}, {Client: "app", Requests: 1}}
}

// everything has all the states that there are.
func everything(endpoints []string) Options {
	return Options{
		Endpoints: endpoints, Memory: someMemory, Disk: someDisk, Valkey: someValkey,
		Shared: someShared, Cluster: someCluster,
		Record: func() (uint64, string) { return 13, "the disk is full" },
		Quota:  someQuota, QuotaClients: someClients, WindowsCached: someWindows,
	}
}

// exercise calls every method so that every series a dashboard may ask for exists.
func exercise(m *Metrics) {
	for _, outcome := range append(outcomes(), "strange") {
		for _, status := range append(statuses(), 0, 299, 418) {
			m.RequestStarted()
			m.RequestEnded(outcome, someEndpoints[0], status, 80*time.Microsecond)
			m.UpstreamAnswered(someEndpoints[1], status, time.Second)
		}
	}
	m.WaiterJoined()
	for _, outcome := range append(delegations(), "strange") {
		m.FetchDelegated(outcome, 20*time.Millisecond)
	}
	m.FetchStarted()
	m.FetchEnded()
	m.DowngradeRejected("shape")
	m.DirectiveOverridden("private")
	m.PanicRecovered()
	m.ThrottleReportFailed()
	for i, priority := range append(priorities(), "strange") {
		m.QuotaGranted(priority, time.Duration(i)*time.Second)
		m.QuotaDropped(priority)
		for _, reason := range append(refusals(), "strange") {
			m.QuotaRefused(priority, reason, time.Second)
		}
	}
	m.PageCut(false, false)
	m.ObjectFromList()
	m.ParameterIgnored("tbd")
	m.ParameterIgnored("not plain")
	m.PageCut(true, true)
	for _, doubt := range append(windowFaults(), "strange") {
		m.WindowRejected(doubt)
	}
	for _, detail := range append(staleDetails(), "strange") {
		m.StaleServed(detail, someEndpoints[0])
	}
}

// family is what a scrape tells of one metric.
type family struct {
	kind   string              // counter, gauge, histogram
	help   string              //
	labels map[string][]string // values seen, by label name
}

// labelNames returns the names in the order of the alphabet.
func (f family) labelNames() []string { return slices.Sorted(maps.Keys(f.labels)) }

// gathered returns what g exports, by metric name.
func gathered(t *testing.T, g prometheus.Gatherer) map[string]family {
	t.Helper()
	all, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	families := make(map[string]family)
	for _, mf := range all {
		f := family{
			kind: strings.ToLower(mf.GetType().String()), help: mf.GetHelp(),
			labels: make(map[string][]string),
		}
		for _, metric := range mf.GetMetric() {
			for _, l := range metric.GetLabel() {
				f.labels[l.GetName()] = append(f.labels[l.GetName()], l.GetValue())
			}
		}
		families[mf.GetName()] = f
	}
	return families
}

// seriesOf returns how many series a metric has.
func seriesOf(t *testing.T, g prometheus.Gatherer, name string) []*dto.Metric {
	t.Helper()
	all, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, mf := range all {
		if mf.GetName() == name {
			return mf.GetMetric()
		}
	}
	return nil
}
