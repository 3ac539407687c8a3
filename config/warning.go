package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Warning is something about one variable that the operator should know and
// that keeps nothing from working. It never holds a value.
type Warning struct {
	Variable string
	Message  string // what of it, in a sentence without the name
}

// String tells it in one line.
func (w Warning) String() string { return w.Variable + " " + w.Message }

// unknownNames warns of variables that look like settings and are none, sorted
// by name.
func unknownNames(given map[string]string) []Warning {
	var warnings []Warning
	known := make(map[string]bool)
	table := Table()
	for _, s := range table {
		known[s.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if known[name] || fromKubernetes(name) {
			continue
		}
		warnings = append(warnings, Warning{name, fmt.Sprintf(
			"is not a setting and is ignored; the nearest known name is %s", nearest(name, table))})
	}
	return warnings
}

// fromKubernetes reports whether Kubernetes puts a variable of this name into
// every container that runs beside a Service named perigee.
func fromKubernetes(name string) bool {
	return name == "PERIGEE_PORT" ||
		strings.HasPrefix(name, "PERIGEE_PORT_") || strings.HasPrefix(name, "PERIGEE_SERVICE_")
}

// nearest returns the setting whose name takes the fewest edits to get from
// name, in whatever case that is; the first of several.
func nearest(name string, table []Setting) string {
	name = strings.ToUpper(name)
	best := slices.MinFunc(table, func(a, b Setting) int {
		return distance(name, a.Name) - distance(name, b.Name)
	})
	return best.Name
}

// distance is how many bytes must be inserted, deleted or replaced to turn one
// name into the other (Levenshtein).
func distance(from, to string) int {
	row := make([]int, len(to)+1) // row[j]: from the bytes of from seen so far to to[:j]
	for j := range row {
		row[j] = j
	}
	for i := range len(from) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(to) {
			replaced := diagonal
			if from[i] != to[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}

// warnings tells of settings that are valid alone but odd together. Fields
// whose setting is at fault may be zero.
func (c *Config) warnings() []Warning {
	var warnings []Warning
	if u := c.UpstreamURL; u != nil && u.Scheme == "http" && c.UpstreamToken.IsSet() && !isLoopback(u.Hostname()) {
		warnings = append(warnings, Warning{"PERIGEE_UPSTREAM_TOKEN", "is sent unencrypted, since PERIGEE_UPSTREAM_URL is http"})
	}
	if c.PublicURL != nil && c.Links == LinksKeep {
		warnings = append(warnings, Warning{"PERIGEE_PUBLIC_URL", "has no effect, since PERIGEE_LINKS is keep"})
	}
	if c.Offline && c.DataDir == DataDirOff {
		warnings = append(warnings, Warning{"PERIGEE_OFFLINE", "leaves nothing to serve, since PERIGEE_DATA_DIR is off"})
	}
	return warnings
}
