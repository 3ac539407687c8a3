package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"perigee/config"
)

// program is what a command may use of the world, so that tests run the whole of it
// inside their own process.
type program struct {
	args    []string // without the names of the program and of the command
	environ []string
	stdin   io.Reader // nil: there is none
	stdout  io.Writer
	stderr  io.Writer
}

// errUsage marks errors that are the caller's: exit code 2.
var errUsage = errors.New("usage")

// settings reads the environment. The log tells what is odd about it.
func (p program) settings() (*config.Config, *slog.Logger, error) {
	c, warnings, err := config.Load(p.environ)
	if err != nil {
		p.warn(warnings) // a misspelt name is often the cause
		return nil, nil, err
	}
	log := p.logger(c)
	for _, w := range warnings {
		log.Warn(w.Message, "setting", w.Variable)
	}
	log.Debug("settings", "settings", c)
	return c, log, nil
}

func (p program) warn(warnings []config.Warning) {
	for _, w := range warnings {
		fmt.Fprintln(p.stderr, "perigee: warning:", w)
	}
}

// logger writes the log as the settings say.
func (p program) logger(c *config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel.Level()}
	if c.LogFormat == config.LogJSON {
		return slog.New(slog.NewJSONHandler(p.stderr, options))
	}
	return slog.New(slog.NewTextHandler(p.stderr, options))
}
