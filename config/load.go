package config

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/caarlos0/env/v11"
)

// prefix begins the name of every setting.
const prefix = "PERIGEE_"

// Load reads the settings from environ, which has the form of os.Environ, and
// from the files that they name, but that of the clients' keys. White space around
// a value is no part of it.
//
// The error is a Faults with everything that is wrong, in the order of the
// settings; the Config is then nil. Warnings are for the operator's eyes and
// come in either case.
func Load(environ []string) (*Config, []Warning, error) {
	given := settingsIn(environ)
	c := new(Config)
	found := newFindings(given)
	err := env.ParseWithOptions(c, env.Options{
		Environment: given, // never nil: that would mean os.Environ
		FuncMap: map[reflect.Type]env.ParserFunc{
			reflect.TypeFor[url.URL](): func(text string) (any, error) { return parseURL(text) },
		},
	})
	if err := found.addParseErrors(err); err != nil {
		return nil, nil, fmt.Errorf("config: %w", err)
	}
	c.readToken(found)
	c.settleValkey(found)
	c.validate(found)
	homeless := c.settleDataDir(environ)
	warnings := append(unknownNames(given), c.warnings()...)
	warnings = append(warnings, homeless...)
	if faults := found.faults(); len(faults) > 0 {
		return nil, warnings, faults
	}
	return c, warnings, nil
}

// settingsIn returns the settings among environ, trimmed. Of a name that occurs
// twice the first counts, as in os.Getenv. Everything else stays outside: the
// env package looks up nested fields under names made of their index, and an
// entry with an empty name would reach those without one.
func settingsIn(environ []string) map[string]string {
	given := make(map[string]string)
	for _, entry := range environ {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || !strings.HasPrefix(name, prefix) {
			continue
		}
		if _, again := given[name]; !again {
			given[name] = strings.TrimSpace(value)
		}
	}
	return given
}

// addParseErrors takes the errors of the env package apart. Their texts are
// never shown, since they hold values: only the causes, which are the parsers'
// of this package, are. What is not about a value is a mistake in Config's tags
// and comes back as an error.
func (f *findings) addParseErrors(err error) error {
	var all env.AggregateError
	if err == nil {
		return nil
	}
	if !errors.As(err, &all) {
		return err
	}
	for _, one := range all.Errors {
		var bad env.ParseError
		if !errors.As(one, &bad) {
			return one
		}
		f.addError(settingOfField(bad.Name), bad.Err)
	}
	return nil
}
