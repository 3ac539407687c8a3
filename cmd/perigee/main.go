// Command perigee is a caching reverse proxy for the Launch Library 2 API.
//
//	perigee [serve]   answer apps, asking upstream when nothing cached can
//	perigee demo      the same with a simulated upstream; needs no network
//	perigee sim       the simulated upstream alone
//	perigee check     validate the settings and exit
//	perigee export    write what is cached on disk into one file
//	perigee import    add what such a file holds
//	perigee purge     remove what answers a request from a running perigee
//	perigee health    ask a running perigee whether it is ready, for containers
//	perigee version   print the version
//
// Exit codes: 0 done, 1 failed, 2 wrong settings or usage.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"perigee/config"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := run(ctx, program{args: os.Args[1:], environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr})
	stop()
	os.Exit(code)
}

// run carries out one command and returns the exit code.
func run(ctx context.Context, p program) int {
	err := dispatch(ctx, p)
	var faults config.Faults
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &faults):
		for _, fault := range faults {
			fmt.Fprintf(p.stderr, "perigee: %v\n", fault)
		}
		return exitUsage
	case errors.Is(err, errUsage):
		fmt.Fprintln(p.stderr, "perigee:", err)
		return exitUsage
	}
	fmt.Fprintln(p.stderr, "perigee:", err)
	return exitFailed
}

const usage = "usage: perigee [serve | demo | sim | check | export FILE | import FILE | purge TARGET... | health | version]"

// command is one of the commands by name.
type command struct {
	run       func(context.Context, program) error
	arguments bool // it takes some
}

// dispatch carries out the command that the first argument names, or serve.
func dispatch(ctx context.Context, p program) error {
	name := "serve"
	if len(p.args) > 0 {
		name, p.args = p.args[0], p.args[1:]
	}
	commands := map[string]command{
		"serve": {serve, false}, "demo": {demo, false}, "sim": {sim, true}, "check": {check, false},
		"export": {exportPages, true}, "import": {importPages, true}, "purge": {purge, true},
		"health": {health, false}, "version": {version, false},
	}
	c, ok := commands[name]
	switch {
	case !ok:
		return fmt.Errorf("%w: unknown command %q; %s", errUsage, name, usage)
	case !c.arguments && len(p.args) > 0:
		return fmt.Errorf("%w: %s takes no arguments, got %q", errUsage, name, p.args)
	}
	return c.run(ctx, p)
}
