package dataset

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim/drf"
)

// How the launches lie around the start: one about every seven hours.
const (
	launchCount   = 800
	launchesFlown = 560
	launchEvery   = 7 * time.Hour
)

// knownLaunch is a launch with the id that public clients ask for.
type knownLaunch struct {
	index int
	id    string
}

// knownLaunches are one of the last 24 hours, which is both upcoming and
// previous, and one to come.
func knownLaunches() []knownLaunch {
	return []knownLaunch{
		{launchesFlown - 1, "e3df2ecd-c239-472f-95e4-2b89b4f75800"},
		{launchesFlown + 90, "41699701-2ef4-4b0c-ac9d-6757820cde87"},
	}
}

// launches are in the order of their time. As the clock goes on, those upcoming
// become previous ones.
func launches(start time.Time) []*drf.Row {
	rows := generated("launches", launchCount, start)
	for _, known := range knownLaunches() {
		rows[known.index].Base.Set("id", known.id)
		rows[known.index].Base.Set("url", drf.Link("/2.3.0/launches/"+known.id+"/"))
	}
	for i, r := range rows {
		g := generator{seed: fmt.Sprintf("launch %d", i), index: i, start: start}
		g.launch(r.Base)
	}
	return rows
}

// launch gives a launch what belongs together in it.
func (g generator) launch(base drf.Object) {
	rocket := drf.Lookup(base, "rocket", "configuration", "name")
	mission := drf.Lookup(base, "mission", "name")
	name := drf.Text(rocket[0]) + " | " + drf.Text(mission[0])
	base.Set("name", name)
	base.Set("slug", strings.ToLower(strings.Join(strings.FieldsFunc(name, isNoWord), "-")))
	statuses := slices.DeleteFunc(launchStatuses(), func(s entity) bool {
		return (g.index < launchesFlown) != (s.id == 3 || s.id == 4 || s.id == 7)
	})
	status := statuses[g.pick(len(statuses))]
	base.Set("status", drf.Object{{"id", drf.Number(status.id)}, {"name", status.name}, {"abbrev", status.abbrev}})
	net := g.start.Add(time.Duration(g.index-launchesFlown)*launchEvery + time.Duration(g.pick(240))*time.Minute)
	base.Set("net", timestamp(net))
	base.Set("window_start", timestamp(net))
	base.Set("window_end", timestamp(net.Add(time.Duration(g.pick(9))*30*time.Minute)))
	base.Set("last_updated", timestamp(g.start.Add(-time.Duration(g.pick(90*24*60))*time.Minute)))
}

func isNoWord(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

// How the events lie around the start: one about every nine hours.
const (
	eventCount = 960
	eventsPast = 880
	eventEvery = 9 * time.Hour
)

func events(start time.Time) []*drf.Row {
	rows := generated("events", eventCount, start)
	for i, r := range rows {
		r.Base.Set("date", timestamp(start.Add(time.Duration(i-eventsPast)*eventEvery)))
		r.Base.Set("last_updated", timestamp(start.Add(-time.Duration(i)*time.Hour)))
	}
	return rows
}

// timeOf returns the time of an element of a list, the zero time if it has none.
func timeOf(r *drf.Row, list string) time.Time {
	value, _ := r.Base.Get(timeField(list))
	t, _ := drf.Time(value)
	return t
}

// recently is how long a launch or event stays upcoming after its time.
const recently = 24 * time.Hour

// between returns the rows that a list of the coming or of the past has now.
func between(rows []*drf.Row, lists *catalog.Endpoint, now time.Time) []*drf.Row {
	name := Name(lists)
	switch {
	case strings.HasSuffix(lists.Path, "/upcoming/"):
		return drf.Keep(rows, func(r *drf.Row) bool { return timeOf(r, name).After(now.Add(-recently)) })
	case strings.HasSuffix(lists.Path, "/previous/"):
		return drf.Keep(rows, func(r *drf.Row) bool { return !timeOf(r, name).After(now) })
	default:
		return rows
	}
}

// hideRecentPrevious returns the filter of that name for a list as it is now.
func hideRecentPrevious(list string, now time.Time) func(on bool) drf.Test {
	return func(on bool) drf.Test {
		if !on {
			return nil
		}
		return func(r *drf.Row) bool { return timeOf(r, list).After(now) }
	}
}

// includeSuborbital is the filter of that name.
func includeSuborbital(on bool) drf.Test {
	if on {
		return nil
	}
	return func(r *drf.Row) bool {
		return !slices.Contains(drf.Lookup(r.Base, "mission", "orbit", "name"), any("Suborbital"))
	}
}
