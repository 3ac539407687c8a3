// Command perigee is a caching reverse proxy for the Launch Library 2 API.
//
//	perigee [serve]   answer apps, asking upstream when nothing held can
//	perigee demo      the same with a simulated upstream; needs no network
//	perigee sim       the simulated upstream alone
//	perigee check     validate the settings and exit
//	perigee export    write what is held on disk into one file
//	perigee import    add what such a file holds
//	perigee purge     have a running perigee forget what answers a request
//	perigee health    ask a running perigee whether it is ready, for containers
//	perigee version   print the version
//
// Exit codes: 0 done, 1 failed, 2 wrong settings or usage.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	code := run(ctx, program{args: os.Args[1:], environ: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr})
	stop()
	os.Exit(code)
}

// program is what a run of the command may use of the world, so that tests run
// the whole of it inside their own process.
type program struct {
	args    []string // without the command's name
	environ []string
	stdin   io.Reader // nil: there is none
	stdout  io.Writer
	stderr  io.Writer
}

// errUsage marks errors that are the caller's: exit code 2.
var errUsage = errors.New("usage")

const usage = "usage: perigee [serve | demo | sim | check | export FILE | import FILE | purge TARGET... | health | version]"

// run carries out one command and returns the exit code.
func run(ctx context.Context, p program) int {
	err := p.dispatch(ctx)
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

func (p program) dispatch(ctx context.Context) error {
	command, rest := "serve", p.args
	if len(p.args) > 0 {
		command, rest = p.args[0], p.args[1:]
	}
	commands := map[string]func(context.Context, []string) error{
		"serve": p.serve, "demo": p.demo, "sim": p.sim,
		"check": p.check, "export": p.export, "import": p.importPages, "purge": p.purge, "health": p.health, "version": p.version,
	}
	do, ok := commands[command]
	if !ok {
		return fmt.Errorf("%w: unknown command %q; %s", errUsage, command, usage)
	}
	return do(ctx, rest)
}

// noArguments refuses what a command does not take.
func noArguments(command string, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: %s takes no arguments, got %q", errUsage, command, args)
	}
	return nil
}
