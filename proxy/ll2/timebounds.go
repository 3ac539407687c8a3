package ll2

import (
	"slices"
	"strings"
	"time"

	"perigee/proxy/ll2/catalog"
)

// nearNow is how far from now a bound may be and still be taken for one that is
// made of the time of the request.
const nearNow = 120 * time.Second

// Moved returns what r would mean if a client that filters by the time of its
// request, as in net__gte=2026-03-01T12:34:56.789Z, had sent it at the beginning of
// the freshness interval, so that all such requests of an interval are one
// resource. interval is how long answers to r are fresh; intervals are counted
// from the year 1 in UTC, so that those of an hour begin on the hour. ok is false
// if r is not such a request, or means the same anyway.
//
// The conditions are narrow, since a bound may just as well be a cursor, and a
// cursor that is moved gives a wrong answer:
//   - Only the first page: offset is 0.
//   - Only bounds with __gte or __lte, of a kind that is known to be a time, and
//     not last_updated, by which clients fetch what changed since their last request.
//     Where there is no table, those of net, window_start and window_end.
//   - One of them must lie within two minutes of now and have seconds, or a
//     fraction; it moves back to the beginning of its own interval. Of several the
//     first by name counts.
//   - Others with the same seconds and fraction are made of the same moment and
//     move by as much. If one that must not move, such as a __lt, has them too,
//     nothing is moved: the request would be no less unique.
//   - The spelling is the full ISO form with a zone, or the same without any, as
//     Python's isoformat writes it. That counts as UTC, upstream's time zone. The
//     local time of a client elsewhere is then hours away from now, and stays.
//
// The answer is one that the same client would have got at most one interval before.
// Its links repeat the client's own values.
func (r *Resource) Moved(now time.Time, interval time.Duration) (moved Resource, ok bool) {
	if interval <= 0 || r.Page.Offset != "0" || !r.hasWindows() || !strings.Contains(r.Query, "te=") {
		return Resource{}, false
	}
	bounds := timeBounds(r.canonical, r.isTimeBound)
	back, ok := distance(bounds, now, interval)
	if !ok {
		return Resource{}, false
	}
	pairs := slices.Clone(r.canonical)
	for _, b := range bounds {
		if b.moves {
			pairs[b.pair].value = b.back(back)
		}
	}
	return r.withQuery(pairs), true
}

// timeBound is a parameter whose value is a time with seconds or a fraction.
type timeBound struct {
	pair    int // its index in the canonical query
	at      time.Time
	naive   bool // written without a zone
	movable bool // its name is that of a bound that may move
	moves   bool // it is made of the time of the request
}

// timeBounds returns all times of a canonical query. Those of a name that isBound
// are movable, but none of a parameter that is repeated.
func timeBounds(pairs []pair, isBound func(name string) bool) []timeBound {
	var bounds []timeBound
	for i, p := range pairs {
		at, naive, ok := readTime(p.value)
		if !ok || at.Second() == 0 && at.Nanosecond() == 0 {
			continue
		}
		repeated := i > 0 && pairs[i-1].name == p.name || i+1 < len(pairs) && pairs[i+1].name == p.name
		bounds = append(bounds, timeBound{pair: i, at: at, naive: naive, movable: !repeated && isBound(p.name)})
	}
	return bounds
}

// isTimeBound reports whether a parameter of r is a bound that may move.
func (r *Resource) isTimeBound(name string) bool {
	field, ok := strings.CutSuffix(name, "__gte")
	if !ok {
		field, ok = strings.CutSuffix(name, "__lte")
	}
	if !ok || field == "last_updated" {
		return false
	}
	if r.Kind == Untabled {
		return field == "net" || field == "window_start" || field == "window_end"
	}
	kind, _ := r.endpoint.Param(name)
	return kind == catalog.DateTime
}

// distance marks the bounds that move and returns how far back.
func distance(bounds []timeBound, now time.Time, interval time.Duration) (back time.Duration, ok bool) {
	var first time.Time
	for _, b := range bounds {
		if b.movable && b.at.Sub(now).Abs() <= nearNow {
			first, ok = b.at, true
			break
		}
	}
	back = first.Sub(first.Truncate(interval))
	if !ok || back == 0 {
		return 0, false
	}
	for i := range bounds {
		b := &bounds[i]
		if b.at.Second() != first.Second() || b.at.Nanosecond() != first.Nanosecond() {
			continue
		}
		if !b.movable {
			return 0, false
		}
		b.moves = true
	}
	return back, true
}

// back writes the bound, moved back, as it was spelled.
func (b timeBound) back(by time.Duration) string {
	at := b.at.Add(-by)
	if b.naive {
		return at.Format(naiveTime)
	}
	return canonicalTime(at.Format(naiveTime + "Z"))
}

const naiveTime = "2006-01-02T15:04:05.999999"

// readTime reads the full ISO form, with a zone or without one, as UTC.
func readTime(value string) (t time.Time, naive, ok bool) {
	if !isFullISO(value) {
		value, naive = value+"Z", true
		if !isFullISO(value) {
			return time.Time{}, false, false
		}
	}
	t, err := time.Parse(time.RFC3339Nano, value)
	if y := t.Year(); err != nil || y <= 1 || y >= 9999 {
		return time.Time{}, false, false
	}
	return t.UTC(), naive, true
}
