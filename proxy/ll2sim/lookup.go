package ll2sim

import (
	"strconv"
	"strings"
	"time"
)

// lookup returns all values that a path such as pad, location, name leads to. It
// goes through every element of a list; of an object that the path ends at, it
// takes the id. Nulls and what is not there are left out.
func lookup(value any, path []string) list {
	switch v := value.(type) {
	case nil:
		return nil
	case list:
		var all list
		for _, element := range v {
			all = append(all, lookup(element, path)...)
		}
		return all
	case object:
		if len(path) == 0 {
			path = []string{"id"}
		}
		next, _ := v.get(path[0])
		return lookup(next, path[1:])
	default:
		if len(path) > 0 {
			return nil
		}
		return list{v}
	}
}

// asText returns a value as it compares with text.
func asText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case decimal:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	default:
		return ""
	}
}

// asTime reads a date or a time as the data have it.
func asTime(value any) (time.Time, bool) {
	text, _ := value.(string)
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// asSeconds reads a duration such as P3DT54M15S. The data have neither years nor
// months, so M is always minutes.
func asSeconds(text string) (seconds float64, ok bool) {
	rest, ok := strings.CutPrefix(text, "P")
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
		n, err := strconv.ParseFloat(rest[:i], 64)
		if err != nil {
			return 0, false
		}
		seconds += n * units[rest[i]]
		rest = rest[i+1:]
	}
	return seconds, true
}
