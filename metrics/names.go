package metrics

// Every metric that Perigee exports of itself, with its help text. README lists
// them from what a registry really holds. Counters end in _total, and units are
// base units: seconds and bytes.
const (
	requestsName = "perigee_requests_total"
	requestsHelp = "Requests answered, by outcome, endpoint and status."

	requestSecondsName = "perigee_request_duration_seconds"
	requestSecondsHelp = "Time from a request's head to the end of its answer, by outcome."

	requestsInFlightName = "perigee_requests_in_flight"
	requestsInFlightHelp = "Requests being answered."

	fetchesInFlightName = "perigee_fetches_in_flight"
	fetchesInFlightHelp = "Fetches under way, each for one resource and for all who wait for it."

	waitersName = "perigee_coalesced_waiters_total"
	waitersHelp = "Requests that joined a fetch which another request had caused."

	worseName = "perigee_worse_answers_kept_out_total"
	worseHelp = "Answers of upstream that did not take the place of a better one, by what was wrong with them."

	overriddenName = "perigee_overridden_directives_total"
	overriddenHelp = "Cache-Control directives of upstream that the settings overrode, by directive."

	panicsName = "perigee_panics_recovered_total"
	panicsHelp = "Panics that were caught. Each one is a defect."

	upstreamRequestsName = "perigee_upstream_requests_total"
	upstreamRequestsHelp = "Requests sent upstream, by endpoint and status; the status is none where no response came."

	upstreamSecondsName = "perigee_upstream_request_duration_seconds"
	upstreamSecondsHelp = "Time that upstream took, from the request to the end of the response, by result."

	quotaLimitName = "perigee_quota_limit"
	quotaLimitHelp = "Requests that may be spent in one period: what upstream allows, or less if the settings say so."

	quotaUsedName = "perigee_quota_used"
	quotaUsedHelp = "Requests used of the quota, by all replicas and by others, by the ledger that replicas share."

	quotaRemainingName = "perigee_quota_remaining"
	quotaRemainingHelp = "Requests left of the quota, which is the limit less what is used."

	quotaPeriodName = "perigee_quota_period_seconds"
	quotaPeriodHelp = "Length of the sliding period that the quota counts in."

	quotaNextName = "perigee_quota_next_slot_seconds"
	quotaNextHelp = "Time until a request of the quota can be spent; 0 while one can."

	quotaAgeName = "perigee_quota_report_age_seconds"
	quotaAgeHelp = "Age of upstream's last throttle report, whichever replica asked for it. It tells what others spend."

	quotaFailuresName = "perigee_quota_report_failures_total"
	quotaFailuresHelp = "Throttle reports that could not be fetched or understood."

	quotaGrantedName = "perigee_quota_granted_total"
	quotaGrantedHelp = "Fetches that got a request of the quota, by priority."

	quotaRefusedName = "perigee_quota_refused_total"
	quotaRefusedHelp = "Fetches that got no request of the quota in time, by priority and reason."

	quotaDroppedName = "perigee_quota_dropped_total"
	quotaDroppedHelp = "Fetches that nobody waited for any more before their turn, which cost nothing, by priority."

	quotaWaitName = "perigee_quota_wait_seconds"
	quotaWaitHelp = "Time that fetches waited until the quota decided, by priority."

	quotaSpentName = "perigee_quota_spent"
	quotaSpentHelp = "Requests of the quota that are spent, by Perigee's own ledger, by who spent them: perigee or others."

	quotaWaitingName = "perigee_quota_waiting"
	quotaWaitingHelp = "Fetches that wait for their turn."

	quotaClientsName = "perigee_quota_clients"
	quotaClientsHelp = "Clients that asked for something that costs a request, within one period."

	clientUsedName = "perigee_client_quota_used"
	clientUsedHelp = "Requests that a client has spent of the quota within one period, for the 20 that spent most."

	staleName = "perigee_stale_answers_total"
	staleHelp = "Answers that were past their freshness, by why they were served, and by endpoint."

	cutsName = "perigee_pages_cut_total"
	cutsHelp = "Answers that were cut from wide pages, by how many of these they needed: one, or two."

	mixedName = "perigee_pages_mixed_total"
	mixedHelp = "Answers that were cut from pages of different states of the list, since the quota forbade better."

	objectsName = "perigee_objects_from_lists_total"
	objectsHelp = "Answers for an object that were an element of a held list."

	windowsHeldName = "perigee_windows_held"
	windowsHeldHelp = "Wide pages that were fetched and may still be served, fresh or stale."

	ignoredName = "perigee_ignored_parameters_total"
	ignoredHelp = "Requests with a parameter that the endpoint does not know, by its name; after the first 64 names, other."

	doubtsName = "perigee_window_doubts_total"
	doubtsHelp = "Lists whose wide pages were not believed, and that are asked for as clients ask since, by what was wrong."

	cacheEntriesName = "perigee_cache_entries"
	cacheEntriesHelp = "Entries held in memory."

	cacheBytesName = "perigee_cache_bytes"
	cacheBytesHelp = "Bytes that the entries in memory take."

	cacheMaxBytesName = "perigee_cache_max_bytes"
	cacheMaxBytesHelp = "Bytes that the entries in memory may take."

	cacheHitsName = "perigee_cache_hits_total"
	cacheHitsHelp = "Look-ups in memory that found an entry, fresh or stale."

	cacheMissesName = "perigee_cache_misses_total"
	cacheMissesHelp = "Look-ups in memory that found nothing."

	cacheDroppedName = "perigee_cache_sets_dropped_total"
	cacheDroppedHelp = "Entries that the memory cache dropped because its queue was full."

	cacheRejectedName = "perigee_cache_sets_rejected_total"
	cacheRejectedHelp = "Entries that the memory cache's admission policy refused."

	cacheTooLargeName = "perigee_cache_sets_too_large_total"
	cacheTooLargeHelp = "Entries that were too large to be offered to the memory cache."

	cacheEvictedName = "perigee_cache_evictions_total"
	cacheEvictedHelp = "Entries that gave way to others in the memory cache."

	pinnedEntriesName = "perigee_cache_pinned_entries"
	pinnedEntriesHelp = "Latest entries that are held whatever the memory cache decides."

	pinnedBytesName = "perigee_cache_pinned_bytes"
	pinnedBytesHelp = "Bytes that the pinned entries take."

	valkeyUpName = "perigee_valkey_up"
	valkeyUpHelp = "1 while Valkey answers: pages, fetches and the quota are shared with other replicas."

	valkeyLossesName = "perigee_valkey_losses_total"
	valkeyLossesHelp = "How often Valkey was lost after it had answered."

	valkeyHitsName = "perigee_valkey_hits_total"
	valkeyHitsHelp = "Look-ups in Valkey that found an entry which another replica had fetched, or this one earlier."

	valkeyMissesName = "perigee_valkey_misses_total"
	valkeyMissesHelp = "Look-ups in Valkey that found nothing, or could not be made."

	valkeyPutsName = "perigee_valkey_puts_total"
	valkeyPutsHelp = "Entries that were stored in Valkey."

	valkeyDamagedName = "perigee_valkey_damaged_total"
	valkeyDamagedHelp = "Entries in Valkey that were damaged and removed."

	valkeyFullName = "perigee_valkey_full_total"
	valkeyFullHelp = "Calls for which Valkey had no room."

	valkeyDeclinedName = "perigee_valkey_errors_total"
	valkeyDeclinedHelp = "Calls that Valkey answered with an error, or that got no connection in time."

	valkeyLedName = "perigee_valkey_flights_led_total"
	valkeyLedHelp = "Fetches that this replica made on behalf of all."

	valkeyFollowedName = "perigee_valkey_flights_followed_total"
	valkeyFollowedHelp = "Fetches that this replica left to another and waited for."

	valkeyFencedName = "perigee_valkey_flights_fenced_total"
	valkeyFencedHelp = "Fetches whose result came after that of a later one, and is not shared."

	valkeyPurgesName = "perigee_valkey_purges_heard_total"
	valkeyPurgesHelp = "Entries that other replicas have deleted everywhere."

	quotaReplicasName = "perigee_quota_replicas"
	quotaReplicasHelp = "Replicas that share the quota, as far as this one knows."

	quotaHeldName = "perigee_quota_held"
	quotaHeldHelp = "Requests of the quota that are kept for replicas which cannot be heard."

	quotaAloneName = "perigee_quota_alone"
	quotaAloneHelp = "1 while this replica spends no more than its own part of the quota, since it cannot ask the others."

	diskEntriesName = "perigee_disk_entries"
	diskEntriesHelp = "Entries held on disk, as far as is known."

	diskBytesName = "perigee_disk_bytes"
	diskBytesHelp = "Bytes that the entries on disk take."

	diskMaxBytesName = "perigee_disk_max_bytes"
	diskMaxBytesHelp = "Bytes that the entries on disk may take."

	diskAilingName = "perigee_disk_ailing"
	diskAilingHelp = "1 if the last write to disk failed: what is fetched does not survive a restart then."

	diskHitsName = "perigee_disk_hits_total"
	diskHitsHelp = "Look-ups on disk that found an entry."

	diskMissesName = "perigee_disk_misses_total"
	diskMissesHelp = "Look-ups on disk that found nothing."

	diskEvictedName = "perigee_disk_evictions_total"
	diskEvictedHelp = "Entries that gave way to others on disk."

	diskDamagedName = "perigee_disk_damaged_total"
	diskDamagedHelp = "Files that were damaged and set aside."

	diskFaultsName = "perigee_disk_faults_total"
	diskFaultsHelp = "Calls that the medium failed: full, read-only, gone or too slow."

	buildName = "perigee_build_info"
	buildHelp = "Always 1; the labels tell which build is running."
)

// Label names.
const (
	labelOutcome   = "outcome"
	labelEndpoint  = "endpoint"
	labelStatus    = "status"
	labelResult    = "result"
	labelReason    = "reason"
	labelDirective = "directive"
	labelPriority  = "priority"
	labelBy        = "by"
	labelClient    = "client"
	labelWindows   = "windows"
	labelName      = "name"
	labelVersion   = "version"
	labelRevision  = "revision"
	labelGoVersion = "goversion"
)
