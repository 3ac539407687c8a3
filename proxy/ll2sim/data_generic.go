package ll2sim

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"perigee/proxy/ll2/catalog"
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

// maker makes the values of one element. The same element always comes out the same.
type maker struct {
	seed  string // tells the element from all others
	index int    // from 0
	start time.Time
	words lexicon
}

// generated makes n elements for a list, with every field that its parameters need.
func generated(name string, n int, start time.Time) []*row {
	e, _, _ := catalog.Find("/" + catalog.Version + "/" + name + "/")
	s, words := shapeOf(e), newLexicon()
	rows := make([]*row, n)
	for i := range rows {
		m := maker{seed: fmt.Sprintf("%s %d", name, i), index: i, start: start, words: words}
		rows[i] = m.row(s, name)
	}
	return rows
}

// row makes one element of a list. Its detail goes beyond what parameters need.
func (m maker) row(s *shape, name string) *row {
	path := "/" + catalog.Version + "/" + name + "/"
	of, ok := m.words.listed(name, m.index+1)
	if !ok {
		of = entity{id: m.index + 1, name: fmt.Sprintf("Invented %s %d", noun(name), m.index+1)}
	}
	base := m.object(s, of)
	r := &row{base: base}
	base.set("url", link(path+r.text("id")+"/"))
	r.extra = m.extra(path, r.text("id"))
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
func (m maker) object(s *shape, of entity) object {
	o := object{}
	for _, p := range s.parts {
		o = append(o, member{p.name, m.part(p, of)})
	}
	return o
}

// part makes one member. What a member is called decides whether it names the
// entity that the object is.
func (m maker) part(p *shape, of entity) any {
	m.seed += "." + p.name
	switch {
	case p.many:
		return m.many(p)
	case p.parts != nil:
		return m.nested(p)
	case p.name == "id" && isUUIDs(p.kind):
		return m.uuid()
	case p.name == "id":
		return number(of.id)
	case p.name == "name", p.name == "full_name":
		return of.name
	case p.name == "abbrev" && of.abbrev != "":
		return of.abbrev
	default:
		return m.leaf(p)
	}
}

// nested makes an object that belongs to an element: one of a few there are.
func (m maker) nested(p *shape) object {
	of, path := m.entity(p.name), m.words.home(p.name)
	var id any = number(of.id)
	if isUUIDs(p.idKind()) || path == "/2.3.0/launches/" { // nothing but launches has UUIDs
		known := knownLaunches()
		id = known[m.pick(len(known))].id
	}
	o := object{{"id", id}}
	if path != "" {
		o = append(o, member{"url", link(path + asText(id) + "/")})
	}
	o = append(o, member{"name", of.name})
	for _, q := range p.parts {
		if _, ok := o.get(q.name); !ok {
			o = append(o, member{q.name, m.part(q, of)})
		}
	}
	return o
}

func isUUIDs(kind catalog.Kind) bool { return kind == catalog.UUID || kind == catalog.UUIDList }

// many makes the list that a repeated parameter chooses from.
func (m maker) many(p *shape) list {
	l := list{}
	for i := range m.pick(3) {
		m.seed += fmt.Sprint(i)
		l = append(l, m.nested(&shape{name: p.name, parts: p.parts}))
	}
	return l
}

// entity picks one of those that go by a name.
func (m maker) entity(name string) entity {
	if known := m.words.pool(name); len(known) > 0 {
		return known[m.pick(len(known))]
	}
	id := m.pick(9) + 1
	return entity{id, fmt.Sprintf("Invented %s %d", strings.ReplaceAll(name, "_", " "), id), fmt.Sprintf("I%d", id)}
}

// pick returns a number from 0 to n-1 that looks random and is always the same.
func (m maker) pick(n int) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(m.seed))
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd // FNV's low bits alone are too regular
	return int((x ^ x>>33) % uint64(n))
}

// uuid makes one of version 4 (RFC 9562, section 5.4) that is always the same.
func (m maker) uuid() string {
	h := fnv.New128a()
	_, _ = h.Write([]byte(m.seed))
	b := h.Sum(nil)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
