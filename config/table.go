package config

import (
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
)

// Setting describes one setting to the operator.
type Setting struct {
	Name        string // of the variable
	Default     string // as it would be set; "" if the setting is unset by default
	Allowed     string // the values it may have, in words
	Description string // one or more sentences

	field  string // of Config
	secret bool   // the value is never shown
	path   bool   // the value is a file's path
}

// Table lists every setting, in the order to present them in.
func Table() []Setting {
	t := reflect.TypeFor[Config]()
	table := make([]Setting, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		table = append(table, Setting{
			Name:        f.Tag.Get("env"),
			Default:     f.Tag.Get("envDefault"),
			Allowed:     f.Tag.Get("allowed"),
			Description: f.Tag.Get("desc"),
			field:       f.Name,
			secret:      f.Tag.Get("secret") != "",
			path:        f.Tag.Get("path") != "",
		})
	}
	return table
}

// settingOfField returns the setting of a field of Config. The zero Setting
// comes for a name that is none.
func settingOfField(name string) Setting {
	for _, s := range Table() {
		if s.field == name {
			return s
		}
	}
	return Setting{}
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
	v := reflect.ValueOf(c).Elem()
	attrs := make([]slog.Attr, 0, v.NumField())
	for i, s := range Table() {
		attrs = append(attrs, slog.String(s.Name, show(v.Field(i).Interface())))
	}
	return attrs
}

// show writes a field as its setting would be written.
func show(field any) string {
	if u, ok := field.(*url.URL); ok && u == nil {
		return ""
	}
	return fmt.Sprint(field)
}
