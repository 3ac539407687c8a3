package ll2sim

import (
	"fmt"
	"strings"
	"time"

	"perigee/proxy/ll2/catalog"
)

// leaf makes a value by its kind.
func (m maker) leaf(p *shape) any {
	switch p.kind {
	case catalog.Boolean:
		return m.pick(4) == 0
	case catalog.Integer, catalog.IntegerList:
		return m.integer(p.name)
	case catalog.Float:
		return decimal(fmt.Sprintf("%.4f", float64(m.pick(1600000))/10000-80))
	case catalog.Date:
		return m.day().Format(time.DateOnly)
	case catalog.DateTime:
		return timestamp(m.start.Add(-time.Duration(m.pick(30000)) * time.Hour))
	case catalog.UUID, catalog.UUIDList:
		return m.uuid()
	default:
		return m.text(p.name)
	}
}

func (m maker) integer(name string) decimal {
	switch name {
	case "age":
		return number(25 + m.pick(60))
	case "founding_year":
		return number(1950 + m.pick(70))
	case "status", "type":
		return number(1 + m.pick(9))
	default:
		return number(m.pick(60))
	}
}

// text makes a value for what has no vocabulary of its own.
func (m maker) text(name string) string {
	switch {
	case strings.HasSuffix(name, "country_code"), name == "alpha_3_code":
		return []string{"USA", "RUS", "CHN", "FRA", "JPN", "IND"}[m.pick(6)]
	case name == "nationality", name == "nationality_name":
		return []string{"American", "Russian", "Chinese", "French", "Japanese", "Indian"}[m.pick(6)]
	case strings.HasPrefix(name, "time_in"), strings.HasPrefix(name, "time_docked"):
		return duration(m.pick(300), m.pick(86400))
	case strings.Contains(name, "url"):
		return fmt.Sprintf("https://example.org/%s/%d", name, m.index)
	default:
		return fmt.Sprintf("Invented %s %d", strings.ReplaceAll(name, "_", " "), 1+m.pick(500))
	}
}

// day is one within some sixty years before the start.
func (m maker) day() time.Time { return m.start.AddDate(0, 0, -m.pick(22000)) }

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

// extra is what the mode detailed adds. Among it are what a proxy must leave
// alone: links elsewhere, a file of the same server, and prose that names it.
func (m maker) extra(path, id string) object {
	info := list{}
	for i := range m.pick(4) {
		info = append(info, object{
			{"priority", number(i)},
			{"title", fmt.Sprintf("Invented \"title\" %d — about %s", i, id)},
			{"url", fmt.Sprintf("https://example.org%s%s?page=%d&format=api", path, id, i)},
		})
	}
	return object{
		{"infographic", media(mediaPath + "invented_" + id + ".txt")},
		{"note", "Invented. More on https://ll.thespacedevs.com/docs/ and <elsewhere>."},
		{"info_urls", info},
		{"vid_urls", list{}},
		{"wiki_url", nil},
	}
}
