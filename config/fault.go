package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// redacted stands where a secret would.
const redacted = "[redacted]"

// Fault is one thing that is wrong with one setting. None of its fields holds a
// secret.
type Fault struct {
	Variable string // name of the setting
	Value    string // as it was given, or the default; redacted if it is, or may be, secret
	Default  bool   // whether Value is the default, which another setting contradicts
	Problem  string // what is wrong with it
	Allowed  string // the values the setting may have, in words
}

// Error tells it in one line.
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

func newFindings(given map[string]string) *findings {
	return &findings{table: Table(), given: given, byVar: make(map[string]Faults)}
}

// sound reports whether nothing is wrong so far with any of the variables. A
// rule about a value that could not even be read would only add noise.
func (f *findings) sound(variables ...string) bool {
	return !slices.ContainsFunc(variables, func(v string) bool { return len(f.byVar[v]) > 0 })
}

// add notes that something is wrong with a variable. The problem must not hold
// any part of a value that may be secret.
func (f *findings) add(variable, problem string) {
	for _, s := range f.table {
		if s.Name == variable {
			f.addFault(s, problem)
		}
	}
}

// addError notes what a parser found. One that read a list may have found
// several things.
func (f *findings) addError(s Setting, err error) {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		f.addFault(s, err.Error())
		return
	}
	for _, one := range joined.Unwrap() {
		f.addFault(s, one.Error())
	}
}

func (f *findings) addFault(s Setting, problem string) {
	value := f.given[s.Name]
	fault := Fault{Variable: s.Name, Value: shown(s, value), Problem: problem, Allowed: s.Allowed}
	if value == "" {
		fault.Value, fault.Default = s.Default, true
	}
	f.byVar[s.Name] = append(f.byVar[s.Name], fault)
}

// faults returns all that was found, in the order of the settings.
func (f *findings) faults() Faults {
	var all Faults
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

// withoutUserinfo hides what may be a name and password in a URL, also in one
// that does not parse and in a list of several.
func withoutUserinfo(value string) string {
	end := strings.LastIndexByte(value, '@')
	if end < 0 {
		return value
	}
	start := strings.Index(value, "://")
	if start < 0 || start > end {
		return redacted + value[end:]
	}
	return value[:start+len("://")] + redacted + value[end:]
}
