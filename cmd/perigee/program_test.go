package main

import (
	"errors"
	"os"
	"os/exec"
	"testing"
)

// startProgram runs a program that comes with the Debian package of its name, until
// the test ends, and returns what it prints. Its files are handed to it from 3 on.
func startProgram(t *testing.T, files []*os.File, name string, args ...string) (log *output) {
	t.Helper()
	path, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") != "true" {
		t.Skipf("%[1]s is not installed; it comes with the Debian package %[1]s", name)
	} else if err != nil {
		t.Fatalf("%[1]s is needed, from the Debian package %[1]s: %[2]v", name, err)
	}
	cmd, log := exec.Command(path, args...), newOutput()
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = log, log, files
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // says that it was killed
		if t.Failed() {
			t.Logf("%s:\n%s", name, log)
		}
	})
	return log
}
