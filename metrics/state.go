package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"perigee/cache"
	"perigee/cache/disk"
	"perigee/cache/valkey"
	"perigee/proxy/cluster"
	"perigee/proxy/quota"
)

// stateCollector reads a state once a scrape, so that all its values are of one
// moment and counting costs whoever counts nothing.
type stateCollector[S any] struct {
	state func() S
	rows  []row[S]
}

// row is one metric of a state and how its series are read.
type row[S any] struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(s S, series func(value float64, labels ...string))
}

func counter[S any](name, help string, read func(S) uint64) row[S] {
	return row[S]{prometheus.NewDesc(name, help, nil, nil), prometheus.CounterValue, func(s S, series func(float64, ...string)) {
		series(float64(read(s)))
	}}
}

func gauge[S any, N int | int64 | float64](name, help string, read func(S) N) row[S] {
	return gaugeIf(name, help, func(s S) (N, bool) { return read(s), true })
}

// gaugeIf is a gauge that does not exist while its value is not known.
func gaugeIf[S any, N int | int64 | float64](name, help string, read func(S) (value N, known bool)) row[S] {
	return row[S]{prometheus.NewDesc(name, help, nil, nil), prometheus.GaugeValue, func(s S, series func(float64, ...string)) {
		if value, known := read(s); known {
			series(float64(value))
		}
	}}
}

// gauges are one for each value of a label.
func gauges[S any](name, help, label string, read func(s S, series func(value float64, labels ...string))) row[S] {
	return row[S]{prometheus.NewDesc(name, help, []string{label}, nil), prometheus.GaugeValue, read}
}

// truth is 1 or 0.
func truth(on bool) int {
	if on {
		return 1
	}
	return 0
}

// Describe is part of prometheus.Collector.
func (c *stateCollector[S]) Describe(ch chan<- *prometheus.Desc) {
	for _, r := range c.rows {
		ch <- r.desc
	}
}

// Collect is part of prometheus.Collector.
func (c *stateCollector[S]) Collect(ch chan<- prometheus.Metric) {
	s := c.state()
	for _, r := range c.rows {
		r.read(s, func(value float64, labels ...string) {
			ch <- prometheus.MustNewConstMetric(r.desc, r.kind, value, labels...)
		})
	}
}

// registerStates registers a collector for each state that there is.
func registerStates(reg prometheus.Registerer, o Options) {
	if o.Memory != nil {
		reg.MustRegister(&stateCollector[cache.Stats]{o.Memory, memoryRows()})
	}
	if o.Disk != nil {
		reg.MustRegister(&stateCollector[disk.Stats]{o.Disk, diskRows()})
	}
	if o.Valkey != nil {
		reg.MustRegister(&stateCollector[valkey.Stats]{o.Valkey, valkeyRows()})
	}
	if o.Shared != nil {
		reg.MustRegister(&stateCollector[valkey.TierStats]{o.Shared, sharedRows()})
	}
	if o.Cluster != nil {
		reg.MustRegister(&stateCollector[cluster.Status]{o.Cluster, clusterRows()})
	}
	if o.Quota != nil {
		reg.MustRegister(&stateCollector[quotaState]{func() quotaState { return readQuota(o) }, quotaRows()})
	}
	if o.Record != nil {
		reg.MustRegister(&stateCollector[recordState]{func() (s recordState) {
			s.failures, s.unhealthy = o.Record()
			return s
		}, recordRows()})
	}
	if o.WindowsCached != nil {
		reg.MustRegister(&stateCollector[int]{o.WindowsCached, []row[int]{
			gauge("perigee_windows_cached", "Windows that are cached and may still be served, fresh or stale.", func(n int) int { return n }),
		}})
	}
}

func memoryRows() []row[cache.Stats] {
	type S = cache.Stats
	return []row[S]{
		gauge("perigee_cache_entries", "Entries in memory.", func(s S) int { return s.Entries }),
		gauge("perigee_cache_bytes", "Size of the entries in memory, in bytes.", func(s S) int64 { return s.Bytes }),
		gauge("perigee_cache_max_bytes", "Limit of the size of the entries in memory, in bytes.", func(s S) int64 { return s.MaxBytes }),
		gauge("perigee_cache_pinned_entries", "Latest entries, which stay in memory whatever its policy decides.", func(s S) int { return s.PinnedEntries }),
		gauge("perigee_cache_pinned_bytes", "Size of the pinned entries, in bytes.", func(s S) int64 { return s.PinnedBytes }),
		counter("perigee_cache_hits_total", "Look-ups in memory that found an entry, fresh or stale.", func(s S) uint64 { return s.Hits }),
		counter("perigee_cache_misses_total", "Look-ups in memory that found nothing.", func(s S) uint64 { return s.Misses }),
		counter("perigee_cache_sets_dropped_total", "Entries that the memory cache dropped because its queue was full.", func(s S) uint64 { return s.Dropped }),
		counter("perigee_cache_sets_rejected_total", "Entries that the memory cache's admission policy rejected.", func(s S) uint64 { return s.Rejected }),
		counter("perigee_cache_sets_too_large_total", "Entries that were too large for the memory cache.", func(s S) uint64 { return s.TooLarge }),
		counter("perigee_cache_evictions_total", "Entries that were evicted from memory to make room for others.", func(s S) uint64 { return s.Evicted }),
	}
}

func diskRows() []row[disk.Stats] {
	type S = disk.Stats
	return []row[S]{
		gauge("perigee_disk_entries", "Entries on disk, as far as is known.", func(s S) int { return s.Entries }),
		gauge("perigee_disk_bytes", "Size of the entries on disk, in bytes.", func(s S) int64 { return s.Bytes }),
		gauge("perigee_disk_max_bytes", "Limit of the size of the entries on disk, in bytes.", func(s S) int64 { return s.MaxBytes }),
		gauge("perigee_disk_unhealthy", "1 if the last write to disk failed, so that what is fetched does not survive a restart.", func(s S) int { return truth(s.Unhealthy != "") }),
		counter("perigee_disk_hits_total", "Look-ups on disk that found an entry.", func(s S) uint64 { return s.Hits }),
		counter("perigee_disk_misses_total", "Look-ups on disk that found nothing.", func(s S) uint64 { return s.Misses }),
		counter("perigee_disk_evictions_total", "Entries that were evicted from disk to make room for others.", func(s S) uint64 { return s.Evicted }),
		counter("perigee_disk_damaged_total", "Files that were damaged and set aside.", func(s S) uint64 { return s.Damaged }),
		counter("perigee_disk_errors_total", "Calls that failed because the disk was full, read-only, gone or too slow, or for another reason.",
			func(s S) uint64 { return s.Full + s.ReadOnly + s.Vanished + s.Slow + s.OtherFaults }),
	}
}

// recordState is how the record of the quota is.
type recordState struct {
	failures  uint64
	unhealthy string
}

func recordRows() []row[recordState] {
	type S = recordState
	return []row[S]{
		gauge("perigee_quota_record_unhealthy", "1 if what is spent of the quota could not be saved last, so that it does not survive a restart.", func(s S) int { return truth(s.unhealthy != "") }),
		counter("perigee_quota_record_errors_total", "Times that what is spent of the quota could not be saved.", func(s S) uint64 { return s.failures }),
	}
}

func valkeyRows() []row[valkey.Stats] {
	type S = valkey.Stats
	return []row[S]{
		gauge("perigee_valkey_up", "1 while Valkey answers, so that pages, fetches and the quota are shared with other replicas.", func(s S) int { return truth(s.Up) }),
		counter("perigee_valkey_disconnects_total", "Times that Valkey stopped answering.", func(s S) uint64 { return s.Losses }),
		counter("perigee_valkey_out_of_memory_total", "Calls that Valkey had no memory for.", func(s S) uint64 { return s.Full }),
		counter("perigee_valkey_errors_total", "Calls that Valkey answered with another error, or that got no connection in time.", func(s S) uint64 { return s.Crowded + s.Declined }),
	}
}

func sharedRows() []row[valkey.TierStats] {
	type S = valkey.TierStats
	return []row[S]{
		counter("perigee_valkey_hits_total", "Look-ups in Valkey that found an entry which another replica had fetched, or this one earlier.", func(s S) uint64 { return s.Hits }),
		counter("perigee_valkey_misses_total", "Look-ups in Valkey that found nothing, or could not be made.", func(s S) uint64 { return s.Misses }),
		counter("perigee_valkey_puts_total", "Entries that were stored in Valkey.", func(s S) uint64 { return s.Puts }),
		counter("perigee_valkey_damaged_total", "Entries in Valkey that were damaged and removed.", func(s S) uint64 { return s.Damaged }),
		counter("perigee_valkey_fenced_total", "Entries that were not stored in Valkey since a newer one was there.", func(s S) uint64 { return s.Fenced }),
		counter("perigee_valkey_purges_received_total", "Entries that other replicas have purged everywhere.", func(s S) uint64 { return s.PurgesHeard }),
	}
}

// clusterRows tell which replica leads.
func clusterRows() []row[cluster.Status] {
	type S = cluster.Status
	return []row[S]{
		gauge("perigee_replica_leading", "1 while this replica leads, that is, sends all upstream requests.", func(s S) int { return truth(s.Leading) }),
		gauge("perigee_replica_leader_known", "1 while this replica knows of one that leads, itself or another.", func(s S) int { return truth(s.Leader != "") }),
		gauge("perigee_replica_standalone", "1 while this replica sends its own requests within its part of the quota, since it cannot reach Valkey.", func(s S) int { return truth(s.Alone) }),
		gauge("perigee_replica_role_start_time_seconds", "When this replica began to lead, to follow another one, or to stand alone, in seconds since the epoch.",
			func(s S) float64 { return float64(s.Since.UnixMilli()) / 1000 }),
		counter("perigee_replica_terms_total", "Times that this replica began to lead.", func(s S) uint64 { return s.Terms }),
		counter("perigee_replica_handovers_total", "Times that this replica handed the lead over when it was shut down.", func(s S) uint64 { return s.HandedOver }),
		gauge("perigee_replicas", "Replicas that were heard from lately, this one among them.", func(s S) int { return s.Replicas }),
		gauge("perigee_replicas_missing", "Replicas that were not heard from lately and did not shut down, within the period of the quota.", func(s S) int { return s.Missing }),
		gauge("perigee_delegated_fetches_in_flight", "Fetches that were handed to the replica that leads and have not come to an end.", func(s S) int { return s.Pending }),
	}
}

// maxClients bounds the clients that are told apart: those that spent most.
const maxClients = 20

// quotaState is the quota at the moment of a scrape.
type quotaState struct {
	quota.Stats
	clients   []quota.ClientUse
	reportAge time.Duration // since upstream's last report, if there was one
}

func readQuota(o Options) quotaState {
	s := quotaState{Stats: o.Quota()}
	s.reportAge = max(o.Now().Sub(s.Reported), 0)
	if o.QuotaClients != nil {
		s.clients = o.QuotaClients(maxClients)
	}
	return s
}

// quotaRows tell nothing of the limit, nor of what is used and left of it, while it
// is not known.
func quotaRows() []row[quotaState] {
	type S = quotaState
	used := func(s S) int { return s.Own + s.Foreign }
	return []row[S]{
		gaugeIf("perigee_quota_limit", "Requests that may be spent in one period: what upstream allows, or less if the settings say so.",
			func(s S) (int, bool) { return s.Limit, s.Known }),
		gaugeIf("perigee_quota_used", "Requests of the quota that are used, by all replicas and by others, by the ledger that replicas share.",
			func(s S) (int, bool) { return used(s), s.Known }),
		gaugeIf("perigee_quota_remaining", "Requests of the quota that are left: the limit less what is used.",
			func(s S) (int, bool) { return max(s.Limit-used(s), 0), s.Known }),
		gaugeIf("perigee_quota_period_seconds", "Length of the sliding period that the quota is counted in, in seconds.",
			func(s S) (float64, bool) { return s.Period.Seconds(), s.Known }),
		gaugeIf("perigee_quota_next_slot_seconds", "Time until a request of the quota can be spent, in seconds; 0 while one can.",
			func(s S) (float64, bool) { return s.Next.Seconds(), s.Known }),
		gaugeIf("perigee_quota_report_age_seconds", "Age of upstream's last throttle report, whichever replica asked for it, in seconds. It shows what others spend.",
			func(s S) (float64, bool) { return s.reportAge.Seconds(), !s.Reported.IsZero() }),
		gauges("perigee_quota_spent", "Requests of the quota that are spent, by Perigee's own ledger, by who spent them: perigee or others.", "by",
			func(s S, series func(float64, ...string)) {
				series(float64(s.Own), "perigee")
				series(float64(s.Foreign), "others")
			}),
		gauge("perigee_quota_waiting", "Fetches that wait for a request of the quota.", func(s S) int { return s.Waiting }),
		gauge("perigee_quota_clients", "Clients that asked for something that costs a request, within one period.", func(s S) int { return s.Clients }),
		gauges("perigee_client_quota_used", "Requests of the quota that a client has spent within one period, for the 20 that spent most.", "client",
			func(s S, series func(float64, ...string)) {
				for _, u := range s.clients {
					series(u.Requests, u.Client)
				}
			}),
	}
}
