package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
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
	c := new(Config)
	found := &findings{table: Table(), given: settingsIn(environ), byVar: make(map[string]Faults)}
	err := env.ParseWithOptions(c, env.Options{
		Environment: found.given, // never nil: that would mean os.Environ
		FuncMap:     valueParsers(),
	})
	if err := found.addParseErrors(err); err != nil {
		return nil, nil, fmt.Errorf("config: %w", err)
	}
	for _, s := range found.table {
		if found.valid(s.Name) {
			found.add(s.Name, s.check(c.value(s)))
		}
	}
	c.readFiles(found)
	c.checkTogether(found)
	homeless := c.findDataDir(environ)
	warnings := slices.Concat(unknownNames(found), c.warnings(), homeless)
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
// of this package, are, each by itself where a list has several. What is not
// about a value is a mistake in Config's tags and comes back as an error.
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
		i := slices.IndexFunc(f.table, func(s Setting) bool { return s.field == bad.Name })
		for problem := range strings.Lines(bad.Err.Error()) {
			f.add(f.table[i].Name, strings.TrimSuffix(problem, "\n"))
		}
	}
	return nil
}

// findDataDir makes DataDir a folder, or DataDirOff. Where the user's cache folder
// is (XDG base directories) is no setting of Perigee's, so it is looked up in the
// whole environment.
func (c *Config) findDataDir(environ []string) []Warning {
	const folder = "perigee"
	switch cache, home := lookUp(environ, "XDG_CACHE_HOME"), lookUp(environ, "HOME"); {
	case strings.EqualFold(c.DataDir, DataDirOff):
		c.DataDir = DataDirOff
	case c.DataDir != "":
	case filepath.IsAbs(cache):
		c.DataDir = filepath.Join(cache, folder)
	case filepath.IsAbs(home):
		c.DataDir = filepath.Join(home, ".cache", folder)
	default:
		c.DataDir = DataDirOff
		return []Warning{{"PERIGEE_DATA_DIR", "is off, since there is no home folder: a restart begins with an empty cache"}}
	}
	return nil
}

func lookUp(environ []string, name string) string {
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}
