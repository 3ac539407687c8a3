package drf

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Term is one field of an ordering.
type Term struct {
	Field   Field
	Descend bool
}

// Sort returns the rows in order. Those that compare equal stay in the order in which
// they come.
func Sort(rows []*Row, terms ...Term) []*Row {
	keys := make(map[*Row][]sortKey, len(rows))
	for _, r := range rows {
		for _, t := range terms {
			keys[r] = append(keys[r], newSortKey(t.Field.values(r)))
		}
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *Row) int {
		for i, t := range terms {
			order := keys[a][i].compare(keys[b][i])
			if t.Descend {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
	return rows
}

// sortKey is a value in a form that compares. Missing values come last, as in
// PostgreSQL.
type sortKey struct {
	missing bool
	number  float64
	text    string
}

func newSortKey(values List) sortKey {
	if len(values) == 0 {
		return sortKey{missing: true}
	}
	text := Text(values[0])
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return sortKey{number: n}
	}
	if n, ok := seconds(text); ok {
		return sortKey{number: n}
	}
	return sortKey{text: text}
}

func (k sortKey) compare(other sortKey) int {
	switch {
	case k.missing && other.missing:
		return 0
	case k.missing:
		return 1
	case other.missing:
		return -1
	default:
		return cmp.Or(cmp.Compare(k.number, other.number), cmp.Compare(k.text, other.text))
	}
}

// seconds reads a duration such as P3DT54M15S. The data have neither years nor
// months, so M is always minutes.
func seconds(duration string) (n float64, ok bool) {
	rest, ok := strings.CutPrefix(duration, "P")
	rest = strings.Replace(rest, "T", "", 1)
	if !ok || rest == "" {
		return 0, false
	}
	units := map[byte]float64{'D': 86400, 'H': 3600, 'M': 60, 'S': 1}
	for rest != "" {
		i := strings.IndexAny(rest, "DHMS")
		if i < 0 {
			return 0, false
		}
		count, err := strconv.ParseFloat(rest[:i], 64)
		if err != nil {
			return 0, false
		}
		n += count * units[rest[i]]
		rest = rest[i+1:]
	}
	return n, true
}
