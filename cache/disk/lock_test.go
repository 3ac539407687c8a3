//go:build unix

package disk

import (
	"fmt"
	"io"
	"testing"
)

// rival is a store that unlocks the folder when the test ends.
func rival(t *testing.T, dir string) *Store {
	t.Helper()
	s := openStore(t, dir)
	t.Cleanup(func() {
		if err := s.Unlock(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func wantLocked(t *testing.T, s *Store, when string, want bool) {
	t.Helper()
	if got, err := s.TryLock(); got != want || err != nil {
		t.Errorf("%s: got (%t, %v), want %t", when, got, err, want)
	}
}

// locker locks a folder, tells whether it could, and keeps it until it is killed.
func locker(dir string) error {
	s, err := OpenStore(dir)
	if err != nil {
		return err
	}
	locked, err := s.TryLock()
	if err != nil {
		return err
	}
	fmt.Println(locked)
	select {}
}

// startLocker starts a process that wants the folder, and returns what it says.
func startLocker(t *testing.T, dir string) (c *child, locked string) {
	t.Helper()
	c = startChild(t, roleLocker, dir, "")
	locked, err := c.stdout.ReadString('\n')
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return c, locked
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
func TestOneStoreLocksAFolder(t *testing.T) {
	dir := t.TempDir()
	first, second := rival(t, dir), rival(t, dir)
	wantLocked(t, first, "the first", true)
	wantLocked(t, first, "the first once more", true)
	wantLocked(t, second, "the second", false)
	wantLocked(t, rival(t, t.TempDir()), "another folder", true)
	if err := second.Unlock(); err != nil { // what is not its
		t.Error(err)
	}
	wantLocked(t, second, "the second, which gave up nothing", false)
	if err := first.Unlock(); err != nil {
		t.Error(err)
	}
	wantLocked(t, second, "the second after the first", true)
	wantLocked(t, first, "the first after the second", false)
}

// A name and a ledger of two processes at once would each be the other's. Whoever
// is killed has left the folder.
func TestOneProcessLocksAFolder(t *testing.T) {
	dir := t.TempDir()
	s := rival(t, dir)
	wantLocked(t, s, "before", true)
	loser, locked := startLocker(t, dir)
	if locked != "false\n" {
		t.Errorf("another process says %q, want false", locked)
	}
	loser.kill(t)
	wantLocked(t, s, "after one that had lost was killed", true)
	if err := s.Unlock(); err != nil {
		t.Error(err)
	}
	winner, locked := startLocker(t, dir)
	if locked != "true\n" {
		t.Errorf("another process says %q after this one has left, want true", locked)
	}
	wantLocked(t, s, "meanwhile", false)
	winner.kill(t)
	wantLocked(t, s, "after a kill", true)
}

// What is saved there is for every store, locked or not.
func TestLockDoesNotGuardWhatIsSaved(t *testing.T) {
	dir := t.TempDir()
	first, second := rival(t, dir), rival(t, dir)
	wantLocked(t, first, "the first", true)
	if err := second.Save("name", []byte("data")); err != nil {
		t.Fatal(err)
	}
	if got, err := first.Load("name"); string(got) != "data" || err != nil {
		t.Errorf("got (%q, %v)", got, err)
	}
}
