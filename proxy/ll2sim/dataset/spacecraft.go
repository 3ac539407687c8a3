package dataset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"perigee/proxy/ll2sim/drf"
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
// the list keeps them. So the recorded ones stand in the list, in their order,
// behind as many invented ones that flew once as make 320 with those that never did.
func spacecraft() []*drf.Row {
	recorded := recordedSpacecraft()
	var never, flown []*drf.Row
	for id := 1; id <= spacecraftCount; id++ {
		if Find(recorded, fmt.Sprint(id)) != nil {
			continue
		}
		if r := inventedSpacecraft(id, recorded); text(r, "flights_count") == "0" {
			never = append(never, r)
		} else {
			flown = append(flown, r)
		}
	}
	before := len(never)
	for i, r := range flown {
		if before == recordedOffset {
			return slices.Concat(never, flown[:i], recorded, flown[i:])
		}
		if text(r, "flights_count") == "1" {
			before++
		}
	}
	panic("dataset: too few spacecraft that flew once")
}

// recordedSpacecraft reads the recorded page.
func recordedSpacecraft() []*drf.Row {
	d := json.NewDecoder(bytes.NewReader(testdata.SpacecraftPage()))
	d.UseNumber()
	page, err := readValue(d)
	if err != nil {
		panic("dataset: recorded page: " + err.Error()) // it is compiled in and tested
	}
	results, _ := page.(drf.Object).Get("results")
	var rows []*drf.Row
	for _, element := range results.(drf.List) {
		r := &drf.Row{Base: element.(drf.Object)[1:]} // less response_mode
		g := generator{seed: "recorded spacecraft " + text(r, "id")}
		r.Detail = g.detail(spacecraftPath, text(r, "id"))
		rows = append(rows, r)
	}
	return rows
}

// readValue reads a value of a recorded body, with its members in order. Texts that
// begin with the recorded base and a slash become links, without the format they
// repeat.
func readValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		return readNested(d, t)
	case json.Number:
		return drf.Decimal(t.String()), nil
	case string:
		path, ok := strings.CutPrefix(t, recordedBase)
		if !ok || !strings.HasPrefix(path, "/") {
			return t, nil
		}
		path, _, _ = strings.Cut(path, "?")
		return drf.Link(path), nil
	default:
		return t, nil // nil or bool
	}
}

// readNested reads an object or a list, after what opens it.
func readNested(d *json.Decoder, open json.Delim) (any, error) {
	o, l := drf.Object{}, drf.List{}
	for d.More() {
		var name json.Token
		var err error
		if open == '{' {
			if name, err = d.Token(); err != nil {
				return nil, err
			}
		}
		value, err := readValue(d)
		if err != nil {
			return nil, err
		}
		if open == '{' {
			o = append(o, drf.Member{Name: name.(string), Value: value})
		} else {
			l = append(l, value)
		}
	}
	_, err := d.Token() // what closes it
	if open == '{' {
		return o, err
	}
	return l, err
}

// inventedSpacecraft makes one of the kind of a recorded one.
func inventedSpacecraft(id int, recorded []*drf.Row) *drf.Row {
	g := generator{seed: fmt.Sprintf("invented spacecraft %d", id), index: id, start: time.Unix(0, 0)}
	base := slices.Clone(recorded[g.pick(len(recorded))].Base)
	flights := []int{0, 1, 1, 1, 1, 1, 1, 2, 3, g.pick(40)}[id%10]
	base.Set("id", drf.Number(id))
	base.Set("url", drf.Link(fmt.Sprintf("%s%d/", spacecraftPath, id)))
	base.Set("name", fmt.Sprintf("Invented %d", id))
	base.Set("serial_number", fmt.Sprintf("IN-%03d", id))
	base.Set("is_placeholder", id%12 == 6)
	base.Set("in_space", id%40 == 7)
	base.Set("flights_count", drf.Number(flights))
	base.Set("mission_ends_count", drf.Number(max(0, flights-id%2)))
	base.Set("time_in_space", duration(flights*g.pick(200), flights*g.pick(86000)))
	base.Set("time_docked", duration(flights*g.pick(90), flights*g.pick(43000)))
	base.Set("status", []drf.Object{
		{{"id", drf.Number(1)}, {"name", "Active"}},
		{{"id", drf.Number(2)}, {"name", "Retired"}},
		{{"id", drf.Number(4)}, {"name", "Single Use"}},
	}[id%3])
	kind := drf.Text(drf.Lookup(base, "spacecraft_config", "name")[0])
	base.Set("description", fmt.Sprintf("Invented for the simulator; of the kind of %s.", kind))
	return &drf.Row{Base: base, Detail: g.detail(spacecraftPath, fmt.Sprint(id))}
}
