package ll2sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
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
func launches(start time.Time) []*row {
	rows := generated("launches", launchCount, start)
	for _, known := range knownLaunches() {
		rows[known.index].base.set("id", known.id)
		rows[known.index].base.set("url", link("/2.3.0/launches/"+known.id+"/"))
	}
	for i, r := range rows {
		m := maker{seed: fmt.Sprintf("launch %d", i), index: i, start: start}
		r.when = start.Add(time.Duration(i-launchesFlown)*launchEvery + time.Duration(m.pick(240))*time.Minute)
		m.launch(r, i < launchesFlown)
	}
	return rows
}

// launch gives a launch what belongs together in it.
func (m maker) launch(r *row, flown bool) {
	rocket := lookup(r.base, []string{"rocket", "configuration", "name"})
	mission := lookup(r.base, []string{"mission", "name"})
	name := asText(rocket[0]) + " | " + asText(mission[0])
	r.base.set("name", name)
	r.base.set("slug", strings.ToLower(strings.Join(strings.FieldsFunc(name, isNoWord), "-")))
	statuses := slices.DeleteFunc(launchStatuses(), func(s entity) bool {
		return flown != (s.id == 3 || s.id == 4 || s.id == 7)
	})
	status := statuses[m.pick(len(statuses))]
	r.base.set("status", object{{"id", number(status.id)}, {"name", status.name}, {"abbrev", status.abbrev}})
	r.base.set("net", timestamp(r.when))
	r.base.set("window_start", timestamp(r.when))
	r.base.set("window_end", timestamp(r.when.Add(time.Duration(m.pick(9))*30*time.Minute)))
	r.base.set("last_updated", timestamp(m.start.Add(-time.Duration(m.pick(90*24*60))*time.Minute)))
	r.suborbital = slices.Contains(lookup(r.base, []string{"mission", "orbit", "name"}), any("Suborbital"))
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

func events(start time.Time) []*row {
	rows := generated("events", eventCount, start)
	for i, r := range rows {
		r.when = start.Add(time.Duration(i-eventsPast) * eventEvery)
		r.base.set("date", timestamp(r.when))
		r.base.set("last_updated", timestamp(start.Add(-time.Duration(i)*time.Hour)))
	}
	return rows
}
