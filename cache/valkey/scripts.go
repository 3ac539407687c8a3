package valkey

import (
	"embed"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Script is one that the server runs, in Lua.
type Script struct{ script *redis.Script }

// NewScript returns a script with that source.
func NewScript(source string) *Script { return &Script{redis.NewScript(source)} }

//go:embed scripts/*.lua
var sources embed.FS

// script returns one of those beside this file.
func script(name string) *Script {
	source, err := sources.ReadFile("scripts/" + name + ".lua")
	if err != nil {
		panic(fmt.Sprintf("valkey: no script %s", name)) // a mistake in this package, which every test finds
	}
	return NewScript(string(source))
}
