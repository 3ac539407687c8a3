package dataset

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim/drf"
)

// size is how many elements a list has. Lists of the configuration are short.
func size(name string) int {
	switch name {
	case "agencies":
		return 1000 // the recorded spacecraft link to the last of them
	case "astronauts":
		return 858
	case "launcher_configurations":
		return 532
	case "pads", "payloads", "spacecraft_flights", "updates":
		return 248
	case "launchers", "locations":
		return 180
	case "space_stations", "celestial_bodies":
		return 16
	}
	if strings.HasPrefix(name, "config/") {
		return 12
	}
	return 60
}

// generator makes the values of one element. The same element always comes out the same.
type generator struct {
	seed  string // differs from that of every other element
	index int    // from 0
	start time.Time
	words lexicon
}

// generated makes n elements for a list, with every field that its parameters need.
func generated(name string, n int, start time.Time) []*drf.Row {
	lists, _, _ := catalog.Find("/" + catalog.Latest + "/" + name + "/")
	s, words := shapeOf(lists), newLexicon()
	rows := make([]*drf.Row, n)
	for i := range rows {
		g := generator{seed: fmt.Sprintf("%s %d", name, i), index: i, start: start, words: words}
		rows[i] = g.row(s, name)
	}
	return rows
}

// row makes one element of a list. Its detail goes beyond what parameters need.
func (g generator) row(s *shape, name string) *drf.Row {
	path := "/" + catalog.Latest + "/" + name + "/"
	of, ok := g.words.listed(name, g.index+1)
	if !ok {
		of = entity{id: g.index + 1, name: fmt.Sprintf("Invented %s %d", noun(name), g.index+1)}
	}
	r := &drf.Row{Base: g.object(s, of)}
	id := text(r, "id")
	r.Base.Set("url", drf.Link(path+id+"/"))
	r.Detail = g.detail(path, id)
	return r
}

// noun is the name of a list in words, such as launch status for config/launch_statuses.
func noun(name string) string {
	name = strings.ReplaceAll(name[strings.LastIndexByte(name, '/')+1:], "_", " ")
	for _, ending := range []struct{ many, one string }{{"ies", "y"}, {"ses", "s"}, {"ches", "ch"}, {"s", ""}} {
		if stem, ok := strings.CutSuffix(name, ending.many); ok {
			return stem + ending.one
		}
	}
	return name
}

// object makes an object of a shape. Its id and names are those of an entity.
func (g generator) object(s *shape, of entity) drf.Object {
	o := drf.Object{}
	for _, p := range s.parts {
		o = append(o, drf.Member{p.name, g.part(p, of)})
	}
	return o
}

// part makes one member. What a member is called decides whether it names the
// entity that the object is.
func (g generator) part(p *shape, of entity) any {
	g.seed += "." + p.name
	switch {
	case p.many:
		return g.many(p)
	case p.parts != nil:
		return g.nested(p)
	case p.name == "id" && isUUID(p.kind):
		return g.uuid()
	case p.name == "id":
		return drf.Number(of.id)
	case p.name == "name", p.name == "full_name":
		return of.name
	case p.name == "abbrev" && of.abbrev != "":
		return of.abbrev
	default:
		return g.leaf(p)
	}
}

// nested makes an object that belongs to an element: one of a few there are.
func (g generator) nested(p *shape) drf.Object {
	of, path := g.entity(p.name), g.words.home(p.name)
	var id any = drf.Number(of.id)
	if p.hasUUID() || path == "/2.3.0/launches/" { // nothing but launches has UUIDs
		known := knownLaunches()
		id = known[g.pick(len(known))].id
	}
	o := drf.Object{{"id", id}}
	if path != "" {
		o = append(o, drf.Member{"url", drf.Link(path + drf.Text(id) + "/")})
	}
	o = append(o, drf.Member{"name", of.name})
	for _, q := range p.parts {
		if _, ok := o.Get(q.name); !ok {
			o = append(o, drf.Member{q.name, g.part(q, of)})
		}
	}
	return o
}

// many makes the list that a repeated parameter chooses from.
func (g generator) many(p *shape) drf.List {
	l := drf.List{}
	for i := range g.pick(3) {
		g.seed += fmt.Sprint(i)
		l = append(l, g.nested(&shape{name: p.name, parts: p.parts}))
	}
	return l
}

// entity picks one of those that go by a name.
func (g generator) entity(name string) entity {
	if known := g.words.pool(name); len(known) > 0 {
		return known[g.pick(len(known))]
	}
	id := g.pick(9) + 1
	return entity{id, fmt.Sprintf("Invented %s %d", strings.ReplaceAll(name, "_", " "), id), fmt.Sprintf("I%d", id)}
}

// pick returns a number from 0 to n-1 that looks random and is always the same.
func (g generator) pick(n int) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(g.seed))
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd // FNV's low bits alone are too regular
	return int((x ^ x>>33) % uint64(n))
}

// uuid makes one of version 4 (RFC 9562, section 5.4) that is always the same.
func (g generator) uuid() string {
	h := fnv.New128a()
	_, _ = h.Write([]byte(g.seed))
	b := h.Sum(nil)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// leaf makes a value by its kind.
func (g generator) leaf(p *shape) any {
	switch p.kind {
	case catalog.Boolean:
		return g.pick(4) == 0
	case catalog.Integer, catalog.IntegerList:
		return g.integer(p.name)
	case catalog.Float:
		return drf.Decimal(fmt.Sprintf("%.4f", float64(g.pick(1600000))/10000-80))
	case catalog.Date:
		return g.day().Format(time.DateOnly)
	case catalog.DateTime:
		return timestamp(g.start.Add(-time.Duration(g.pick(30000)) * time.Hour))
	case catalog.UUID, catalog.UUIDList:
		return g.uuid()
	default:
		return g.text(p.name)
	}
}

func (g generator) integer(name string) drf.Decimal {
	switch name {
	case "age":
		return drf.Number(25 + g.pick(60))
	case "founding_year":
		return drf.Number(1950 + g.pick(70))
	case "status", "type":
		return drf.Number(1 + g.pick(9))
	default:
		return drf.Number(g.pick(60))
	}
}

// text makes a value for what has no vocabulary of its own.
func (g generator) text(name string) string {
	switch {
	case strings.HasSuffix(name, "country_code"), name == "alpha_3_code":
		return []string{"USA", "RUS", "CHN", "FRA", "JPN", "IND"}[g.pick(6)]
	case name == "nationality", name == "nationality_name":
		return []string{"American", "Russian", "Chinese", "French", "Japanese", "Indian"}[g.pick(6)]
	case strings.HasPrefix(name, "time_in"), strings.HasPrefix(name, "time_docked"):
		return duration(g.pick(300), g.pick(86400))
	case strings.Contains(name, "url"):
		return fmt.Sprintf("https://example.org/%s/%d", name, g.index)
	default:
		return fmt.Sprintf("Invented %s %d", strings.ReplaceAll(name, "_", " "), 1+g.pick(500))
	}
}

// day is one within some sixty years before the start.
func (g generator) day() time.Time { return g.start.AddDate(0, 0, -g.pick(22000)) }

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// duration writes P3DT1H54M15S without its zeroes, and P0D for nothing.
func duration(days, seconds int) string {
	clock := ""
	for _, part := range []struct {
		n    int
		unit string
	}{{seconds / 3600, "H"}, {seconds / 60 % 60, "M"}, {seconds % 60, "S"}} {
		if part.n > 0 {
			clock += fmt.Sprint(part.n) + part.unit
		}
	}
	switch {
	case clock == "":
		return fmt.Sprintf("P%dD", days)
	case days == 0:
		return "PT" + clock
	default:
		return fmt.Sprintf("P%dDT%s", days, clock)
	}
}

// MediaPath begins the paths of the files that elements link to.
const MediaPath = "/media/"

// detail is what the mode detailed adds. Among it are what a proxy must leave
// alone: links elsewhere, a file of the same server, and prose that names it.
func (g generator) detail(path, id string) drf.Object {
	info := drf.List{}
	for i := range g.pick(4) {
		info = append(info, drf.Object{
			{"priority", drf.Number(i)},
			{"title", fmt.Sprintf("Invented \"title\" %d — about %s", i, id)},
			{"url", fmt.Sprintf("https://example.org%s%s?page=%d&format=api", path, id, i)},
		})
	}
	return drf.Object{
		{"infographic", drf.Media(MediaPath + "invented_" + id + ".txt")},
		{"note", "Invented. More on https://ll.thespacedevs.com/docs/ and <elsewhere>."},
		{"info_urls", info},
		{"vid_urls", drf.List{}},
		{"wiki_url", nil},
	}
}
