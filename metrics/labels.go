package metrics

import (
	"slices"
	"strconv"

	"perigee/proxy/quota"
	"perigee/proxy/respond"
)

// other stands for every value outside a closed set.
const other = "other"

// labelSet is a closed set of label values. Whatever a client or upstream sends,
// the number of series stays what it is.
type labelSet struct {
	values []string // other is one of them
	index  map[string]int
}

func newLabelSet(values []string) labelSet {
	s := labelSet{index: make(map[string]int, len(values)+1)}
	for _, v := range append(slices.Clone(values), other) {
		if _, known := s.index[v]; !known {
			s.index[v] = len(s.values)
			s.values = append(s.values, v)
		}
	}
	return s
}

// find returns the position of a value, that of other for a strange one.
func (s *labelSet) find(value string) int {
	if i, ok := s.index[value]; ok {
		return i
	}
	return s.index[other]
}

// bound returns the value itself if it belongs to the set, else other.
func (s *labelSet) bound(value string) string { return s.values[s.find(value)] }

// outcomes are how requests were handled.
func outcomes() (names []string) {
	for _, o := range respond.Outcomes() {
		names = append(names, string(o))
	}
	return names
}

// reasons are what was wrong with a rejected answer.
func reasons() []string {
	return []string{"status", "malformed", "shape", "media-type", "unframed", "redirect"}
}

// windowFaults are why a window does not pass the checks.
func windowFaults() []string {
	return []string{"shape", "offset", "short", "long", "next", "previous", "spacing"}
}

// priorities of fetches, most urgent first.
func priorities() (names []string) {
	for p := quota.Waiting; p <= quota.Speculative; p++ {
		names = append(names, p.String())
	}
	return names
}

// delegations are what becomes of fetches that are handed to the replica that leads.
func delegations() []string { return []string{"fetched", "refused", "failed", "left"} }

// refusals are why a fetch is refused a request of the quota.
func refusals() []string {
	return []string{"spent", "share", "closed", "learning", "busy", "queue-full"}
}

// staleDetails are why stale answers are served.
func staleDetails() []string {
	return []string{
		"stale-while-revalidate", "stale-quota", "mixed-generations", "new-generation", "stale-allowed", "reload-limited", "stale-offline",
		"stale-upstream-status", "stale-upstream-malformed", "stale-upstream-shape",
		"stale-upstream-media-type", "stale-upstream-unframed", "stale-upstream-redirect", "stale-upstream-timeout",
		"stale-upstream-too-large", "stale-upstream-broken-body", "stale-upstream-unreachable", "stale-upstream-down", "stale-shutdown",
	}
}

// directives are those that forbid a shared cache to store an answer, or to reuse it
// without validation.
func directives() []string { return []string{"private", "no-store", "no-cache"} }

// statusNone is the status of an exchange in which no response came.
const statusNone = "none"

// statuses lists the codes that are told apart; of the others only the class is.
func statuses() []int {
	return []int{
		200, 204, 206, 301, 302, 304,
		400, 401, 403, 404, 405, 406, 408, 410, 413, 414, 416, 429, 431, 499,
		500, 501, 502, 503, 504,
	}
}

// statusSet maps every status to one of few label values, by a table, since it is
// asked on the path of every request.
type statusSet struct {
	values []string
	index  [600]uint8 // position in values of each status; 0 where there is none
}

func newStatusSet() *statusSet {
	s := &statusSet{values: []string{other, statusNone}}
	s.index[0] = 1
	for class := 1; class <= 5; class++ {
		for code := class * 100; code < (class+1)*100; code++ {
			s.index[code] = uint8(len(s.values))
		}
		s.values = append(s.values, strconv.Itoa(class)+"xx")
	}
	for _, code := range statuses() {
		s.index[code] = uint8(len(s.values))
		s.values = append(s.values, strconv.Itoa(code))
	}
	return s
}

func (s *statusSet) find(status int) int {
	if status < 0 || status >= len(s.index) {
		return 0
	}
	return int(s.index[status])
}

func (s *statusSet) bound(status int) string { return s.values[s.find(status)] }

// Results of an upstream request, the coarse form of its status that alerts rest
// on: all of them exist from the start, so that not even the first failure is
// missed by increase().
const (
	resultSuccess    = "success"     // 1xx to 3xx
	resultRejected   = "rejected"    // 4xx: the request was at fault
	resultThrottled  = "throttled"   // 429
	resultFailed     = "failed"      // 5xx
	resultNoResponse = "no_response" // refused, timed out, broken off
)

func results() []string {
	return []string{resultSuccess, resultRejected, resultThrottled, resultFailed, resultNoResponse}
}

func resultOf(status int) string {
	switch {
	case status <= 0:
		return resultNoResponse
	case status == 429:
		return resultThrottled
	case status < 400:
		return resultSuccess
	case status < 500:
		return resultRejected
	}
	return resultFailed
}
