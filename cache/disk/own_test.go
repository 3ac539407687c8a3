//go:build unix

package disk

import (
	"fmt"
	"io"
	"testing"
)

// rival is a store that leaves the folder to others when the test ends.
func rival(t *testing.T, dir string) *Store {
	t.Helper()
	s := openStore(t, dir)
	t.Cleanup(func() {
		if err := s.Disown(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func wantOwn(t *testing.T, s *Store, when string, want bool) {
	t.Helper()
	if got, err := s.Own(); got != want || err != nil {
		t.Errorf("%s: got (%t, %v), want %t", when, got, err, want)
	}
}

// owner makes a folder its own, tells whether it could, and holds it until it is
// killed.
func owner(dir string) error {
	s, err := OpenStore(dir)
	if err != nil {
		return err
	}
	owns, err := s.Own()
	if err != nil {
		return err
	}
	fmt.Println(owns)
	select {}
}

// startOwner starts a process that wants the folder, and returns what it says.
func startOwner(t *testing.T, dir string) (c *child, owns string) {
	t.Helper()
	c = startChild(t, roleOwner, dir, "")
	owns, err := c.stdout.ReadString('\n')
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return c, owns
}

func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = c.wait() // says that it was killed
}

// Two stores on one folder, in one process, as in a test of two replicas: the locks
// of a file are apart for each time that it is opened.
func TestOneStoreOwnsAFolder(t *testing.T) {
	dir := t.TempDir()
	first, second := rival(t, dir), rival(t, dir)
	wantOwn(t, first, "the first", true)
	wantOwn(t, first, "the first once more", true)
	wantOwn(t, second, "the second", false)
	wantOwn(t, rival(t, t.TempDir()), "another folder", true)
	if err := second.Disown(); err != nil { // what is not its
		t.Error(err)
	}
	wantOwn(t, second, "the second, which gave up nothing", false)
	if err := first.Disown(); err != nil {
		t.Error(err)
	}
	wantOwn(t, second, "the second after the first", true)
	wantOwn(t, first, "the first after the second", false)
}

// A name and a ledger of two processes at once would each be the other's. Whoever
// is killed has left the folder.
func TestOneProcessOwnsAFolder(t *testing.T) {
	dir := t.TempDir()
	s := rival(t, dir)
	wantOwn(t, s, "before", true)
	loser, owns := startOwner(t, dir)
	if owns != "false\n" {
		t.Errorf("another process says %q, want false", owns)
	}
	loser.kill(t)
	wantOwn(t, s, "after one that had lost was killed", true)
	if err := s.Disown(); err != nil {
		t.Error(err)
	}
	winner, owns := startOwner(t, dir)
	if owns != "true\n" {
		t.Errorf("another process says %q after this one has left, want true", owns)
	}
	wantOwn(t, s, "meanwhile", false)
	winner.kill(t)
	wantOwn(t, s, "after a kill", true)
}

// What is saved there is everyone's, owned or not.
func TestOwnDoesNotGuardWhatIsSaved(t *testing.T) {
	dir := t.TempDir()
	first, second := rival(t, dir), rival(t, dir)
	wantOwn(t, first, "the first", true)
	if err := second.Save("name", []byte("data")); err != nil {
		t.Fatal(err)
	}
	if got, err := first.Load("name"); string(got) != "data" || err != nil {
		t.Errorf("got (%q, %v)", got, err)
	}
}
