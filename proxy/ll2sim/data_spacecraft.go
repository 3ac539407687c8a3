package ll2sim

import (
	"fmt"
	"time"

	"perigee/testdata"
)

// The recorded page of spacecraft, and what is made up around it.
const (
	spacecraftPath  = "/2.3.0/spacecraft/"
	recordedBase    = "https://ll.thespacedevs.com"
	spacecraftCount = 590
	recordedOffset  = 320 // of the page, ordered by flights_count
)

// spacecraft returns the ten recorded ones and as many invented ones as there
// were, with the ids from 1 to 590.
//
// The recorded ones all flew once, and came 320 places from the first when
// ordered by that. A database may return equals in any order; here they come as
// the set keeps them. So the recorded ones stand in the set, in their order,
// behind as many invented ones that flew once as make 320 with those that never did.
func spacecraft() []*row {
	recorded := recordedSpacecraft()
	taken := map[string]bool{}
	for _, r := range recorded {
		taken[r.text("id")] = true
	}
	var never, flown []*row
	for id := 1; id <= spacecraftCount; id++ {
		if taken[fmt.Sprint(id)] {
			continue
		}
		if r := inventedSpacecraft(id, recorded); r.text("flights_count") == "0" {
			never = append(never, r)
		} else {
			flown = append(flown, r)
		}
	}
	rows, before := never, len(never)
	for _, r := range flown {
		if before == recordedOffset {
			rows = append(rows, recorded...)
		}
		if r.text("flights_count") == "1" {
			before++
		}
		rows = append(rows, r)
	}
	return rows
}

// recordedSpacecraft reads the recorded page.
func recordedSpacecraft() []*row {
	page, err := readJSON(testdata.SpacecraftPage(), recordedBase)
	if err != nil {
		panic("ll2sim: recorded page: " + err.Error()) // it is compiled in and tested
	}
	envelope, _ := page.(object)
	results, _ := envelope.get("results")
	var rows []*row
	for _, element := range results.(list) {
		r := &row{base: element.(object)[1:]} // less response_mode
		m := maker{seed: "recorded spacecraft " + r.text("id")}
		r.extra = m.extra(spacecraftPath, r.text("id"))
		rows = append(rows, r)
	}
	return rows
}

// inventedSpacecraft makes one of the kind of a recorded one.
func inventedSpacecraft(id int, recorded []*row) *row {
	m := maker{seed: fmt.Sprintf("invented spacecraft %d", id), index: id, start: time.Unix(0, 0)}
	like := recorded[m.pick(len(recorded))].base
	base := make(object, len(like))
	copy(base, like)
	flights := []int{0, 1, 1, 1, 1, 1, 1, 2, 3, m.pick(40)}[id%10]
	base.set("id", number(id))
	base.set("url", link(fmt.Sprintf("%s%d/", spacecraftPath, id)))
	base.set("name", fmt.Sprintf("Invented %d", id))
	base.set("serial_number", fmt.Sprintf("IN-%03d", id))
	base.set("is_placeholder", id%12 == 6)
	base.set("in_space", id%40 == 7)
	base.set("flights_count", number(flights))
	base.set("mission_ends_count", number(max(0, flights-id%2)))
	base.set("time_in_space", duration(flights*m.pick(200), flights*m.pick(86000)))
	base.set("time_docked", duration(flights*m.pick(90), flights*m.pick(43000)))
	base.set("status", []object{
		{{"id", number(1)}, {"name", "Active"}},
		{{"id", number(2)}, {"name", "Retired"}},
		{{"id", number(4)}, {"name", "Single Use"}},
	}[id%3])
	kind := asText(lookup(base, []string{"spacecraft_config", "name"})[0])
	base.set("description", fmt.Sprintf("Invented for the simulator; of the kind of %s.", kind))
	return &row{base: base, extra: m.extra(spacecraftPath, fmt.Sprint(id))}
}
