package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with one setting. None of its fields holds a
// secret.
type Fault struct {
	Variable string // name of the setting
	Value    string // as it was given, or the default; redacted if it is, or may be, secret
	Default  bool   // whether Value is the default, which another setting contradicts
	Problem  string // what is wrong with it
	Allowed  string // the values the setting may have, in words
}

// Error is the fault in one line.
func (f Fault) Error() string {
	value := fmt.Sprintf("%q", f.Value)
	switch {
	case f.Value == redacted:
		value = redacted
	case f.Default:
		value += " (the default)"
	}
	return fmt.Sprintf("%s=%s: %s; allowed: %s", f.Variable, value, f.Problem, f.Allowed)
}

// Faults is everything that is wrong, in the order of the settings: never empty
// as an error.
type Faults []Fault

// Error has one line per fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap makes each Fault visible to errors.As.
func (fs Faults) Unwrap() []error {
	errs := make([]error, len(fs))
	for i, f := range fs {
		errs[i] = f
	}
	return errs
}

// findings collects faults while the settings are read and validated.
type findings struct {
	table []Setting
	given map[string]string // what the environment says, by name
	byVar map[string]Faults
}

// valid reports whether nothing is wrong so far with any of the variables. A
// rule about a value that could not even be read would only add noise.
func (f *findings) valid(variables ...string) bool {
	return !slices.ContainsFunc(variables, func(v string) bool { return len(f.byVar[v]) > 0 })
}

// add notes what is wrong with a variable, if problem is not empty. It must not
// hold any part of a value that may be secret.
func (f *findings) add(variable, problem string) {
	i := slices.IndexFunc(f.table, func(s Setting) bool { return s.Name == variable })
	if i < 0 || problem == "" {
		return
	}
	s, value := f.table[i], f.given[variable]
	fault := Fault{Variable: variable, Value: shown(s, value), Problem: problem, Allowed: s.Allowed}
	if value == "" {
		fault.Value, fault.Default = s.Default, true
	}
	f.byVar[variable] = append(f.byVar[variable], fault)
}

// faults returns all that was found, in the order of the settings.
func (f *findings) faults() (all Faults) {
	for _, s := range f.table {
		all = append(all, f.byVar[s.Name]...)
	}
	return all
}

// shown returns a value as a message may show it.
func shown(s Setting, value string) string {
	switch {
	case s.secret:
		return redacted
	case s.path && !strings.ContainsAny(value, `/\`):
		return redacted // a token that was put where its file's path belongs looks like this
	}
	return withoutUserinfo(value)
}

// Warning is something about one variable that the operator should know and
// that keeps nothing from working. It never holds a value.
type Warning struct {
	Variable string
	Message  string // what of it, in a sentence without the name
}

// String is the warning in one line.
func (w Warning) String() string { return w.Variable + " " + w.Message }

// unknownNames warns of variables that look like settings and are none, sorted
// by name.
func unknownNames(f *findings) []Warning {
	var warnings []Warning
	for _, name := range slices.Sorted(maps.Keys(f.given)) {
		known := slices.ContainsFunc(f.table, func(s Setting) bool { return s.Name == name })
		if !known && !fromKubernetes(name) {
			warnings = append(warnings, Warning{name, fmt.Sprintf(
				"is not a setting and is ignored; the nearest known name is %s", nearest(name, f.table))})
		}
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
