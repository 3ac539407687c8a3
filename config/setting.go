package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Setting describes one setting to the operator.
type Setting struct {
	Name        string // of the variable
	Default     string // as it would be set; "" if the setting is unset by default
	Allowed     string // the values it may have, in words
	Description string // one or more sentences

	field    string   // of Config
	secret   bool     // the value is never shown
	path     bool     // the value is a file's path
	min, max string   // as they would be set; "" if there is no bound
	choices  []string // in lower case; nil if there are no choices
}

// Table lists every setting, in the order to present them in.
func Table() []Setting {
	var table []Setting
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		s := Setting{
			Name:        f.Tag.Get("env"),
			Default:     f.Tag.Get("envDefault"),
			Allowed:     f.Tag.Get("allowed"),
			Description: f.Tag.Get("desc"),
			field:       f.Name,
			secret:      f.Tag.Get("secret") != "",
			path:        f.Tag.Get("path") != "",
			min:         f.Tag.Get("min"),
			max:         f.Tag.Get("max"),
		}
		if choices := f.Tag.Get("oneof"); choices != "" {
			s.choices = strings.Split(choices, ",")
		}
		if s.Allowed == "" {
			s.Allowed = s.allowed(f.Type)
		}
		if s.Name != "-" {
			table = append(table, s)
		}
	}
	return table
}

// allowed puts the choices or the bounds into words.
func (s Setting) allowed(t reflect.Type) string {
	if last := len(s.choices) - 1; last > 0 {
		return strings.Join(s.choices[:last], ", ") + " or " + s.choices[last]
	}
	text := "a number"
	switch t {
	case reflect.TypeFor[time.Duration]():
		text = "a duration"
	case reflect.TypeFor[Size]():
		text = "a size"
	}
	text += " from " + s.min
	if s.max != "" {
		text += " to " + s.max
	}
	return text
}

// check holds a value to the choices and bounds, and puts a choice into lower
// case. problem is "" if there is none.
func (s Setting) check(value reflect.Value) (problem string) {
	switch {
	case s.choices != nil:
		value.SetString(strings.ToLower(value.String()))
		if !slices.Contains(s.choices, value.String()) {
			return errNoChoice.Error()
		}
	case s.min != "" && value.Int() < bound(s.min, value.Type()):
		return "is less than " + s.min
	case s.max != "" && value.Int() > bound(s.max, value.Type()):
		return "is more than " + s.max
	}
	return ""
}

// bound reads a bound as a value of that type is read.
func bound(text string, t reflect.Type) int64 {
	value, err := valueParsers()[t](text)
	if err != nil {
		panic(fmt.Sprintf("config: the bound %q %v", text, err)) // a mistake in the tags, which every test finds
	}
	return reflect.ValueOf(value).Int()
}

// Dump lists the settings in force, one name=value a line, in the form of an
// environment file. Secrets are redacted.
func (c *Config) Dump() string {
	var b strings.Builder
	for _, attr := range c.attrs() {
		fmt.Fprintf(&b, "%s=%s\n", attr.Key, attr.Value)
	}
	return b.String()
}

// LogValue implements slog.LogValuer: a group of the settings in force, named
// as their variables are. Secrets are redacted.
func (c *Config) LogValue() slog.Value { return slog.GroupValue(c.attrs()...) }

func (c *Config) attrs() []slog.Attr {
	var attrs []slog.Attr
	for _, s := range Table() {
		attrs = append(attrs, slog.String(s.Name, show(c.value(s).Interface())))
	}
	return attrs
}

// value is the field that holds the value of a setting.
func (c *Config) value(s Setting) reflect.Value {
	return reflect.ValueOf(c).Elem().FieldByName(s.field)
}

// show writes a field as its setting would be written.
func show(field any) string {
	switch v := field.(type) {
	case *url.URL:
		if v == nil {
			return ""
		}
	case time.Duration:
		return showDuration(v)
	}
	return fmt.Sprint(field)
}
