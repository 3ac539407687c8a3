package config

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
)

// Profile says what the cache goes by.
type Profile string

// The choices for Profile.
const (
	ProfileLL2  Profile = "ll2"  // what is known of Launch Library 2, and the settings
	ProfileHTTP Profile = "http" // the rules of HTTP alone, for any upstream
)

// UnmarshalText takes one of the choices.
func (p *Profile) UnmarshalText(text []byte) error {
	return choose(p, text, ProfileLL2, ProfileHTTP)
}

// Links says what becomes of the links in answers.
type Links string

// The choices for Links.
const (
	LinksRewrite Links = "rewrite" // they lead back to the proxy
	LinksKeep    Links = "keep"    // they stay as upstream wrote them
)

// UnmarshalText takes one of the choices.
func (l *Links) UnmarshalText(text []byte) error {
	return choose(l, text, LinksRewrite, LinksKeep)
}

// UnknownParams says what becomes of parameters that the endpoint does not know.
type UnknownParams string

// The choices for UnknownParams.
const (
	UnknownDrop UnknownParams = "drop" // they are no part of what is asked
	UnknownKeep UnknownParams = "keep" // they are, as everything else
)

// UnmarshalText takes one of the choices.
func (u *UnknownParams) UnmarshalText(text []byte) error {
	return choose(u, text, UnknownDrop, UnknownKeep)
}

// ClientKeys says whether clients must be known by name.
type ClientKeys string

// The choices for ClientKeys.
const (
	KeysOptional ClientKeys = "optional" // strangers are told apart by address
	KeysRequired ClientKeys = "required" // strangers are refused
)

// UnmarshalText takes one of the choices.
func (k *ClientKeys) UnmarshalText(text []byte) error {
	return choose(k, text, KeysOptional, KeysRequired)
}

// Switch is on or off.
type Switch string

// The choices for Switch.
const (
	On  Switch = "on"
	Off Switch = "off"
)

// UnmarshalText takes one of the choices.
func (s *Switch) UnmarshalText(text []byte) error { return choose(s, text, On, Off) }

// Flag is true or false.
type Flag bool

// UnmarshalText takes true or false, and what Switch takes.
func (f *Flag) UnmarshalText(text []byte) error {
	var name string
	if err := choose(&name, text, "true", "false", string(On), string(Off)); err != nil {
		return err
	}
	*f = name == "true" || name == string(On)
	return nil
}

// LogFormat says how the log is written.
type LogFormat string

// The choices for LogFormat.
const (
	LogText LogFormat = "text" // key=value
	LogJSON LogFormat = "json" // one object a line
)

// UnmarshalText takes one of the choices.
func (f *LogFormat) UnmarshalText(text []byte) error {
	return choose(f, text, LogText, LogJSON)
}

// LogLevel is the least that is logged. It is narrower than slog.Level, which
// reads "info+2" too.
type LogLevel string

// The choices for LogLevel.
const (
	LogDebug LogLevel = "debug"
	LogInfo  LogLevel = "info"
	LogWarn  LogLevel = "warn"
	LogError LogLevel = "error"
)

// UnmarshalText takes one of the choices.
func (l *LogLevel) UnmarshalText(text []byte) error {
	return choose(l, text, LogDebug, LogInfo, LogWarn, LogError)
}

// Level implements slog.Leveler. What is none of the choices is info.
func (l LogLevel) Level() slog.Level {
	switch l {
	case LogDebug:
		return slog.LevelDebug
	case LogWarn:
		return slog.LevelWarn
	case LogError:
		return slog.LevelError
	}
	return slog.LevelInfo
}

var errNoChoice = errors.New("is none of the choices")

// choose sets dst to the choice that text names, in whatever case.
func choose[T ~string](dst *T, text []byte, choices ...T) error {
	name := T(strings.ToLower(string(text)))
	if !slices.Contains(choices, name) {
		return errNoChoice
	}
	*dst = name
	return nil
}
