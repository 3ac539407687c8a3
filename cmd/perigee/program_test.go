package main

import (
	"errors"
	"os"
	"os/exec"
	"testing"
)

// startProgram runs a program that comes with the Debian package of its name, until
// the test ends.
func startProgram(t *testing.T, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") != "true" {
		t.Skipf("%[1]s is not installed; it comes with the Debian package %[1]s", name)
	} else if err != nil {
		t.Fatalf("%[1]s is needed, from the Debian package %[1]s: %[2]v", name, err)
	}
	cmd, log := exec.Command(path, args...), newOutput()
	cmd.Stdout, cmd.Stderr = log, log
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
}
