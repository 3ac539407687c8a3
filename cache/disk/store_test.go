package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func openStore(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	s := openStore(t, dir)
	if _, err := s.Load("quota"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("never saved: got error %v, want ErrNotExist", err)
	}
	for _, want := range [][]byte{[]byte("one"), nil, bytes.Repeat([]byte("x"), 100_000), []byte("last")} {
		if err := s.Save("quota", want); err != nil {
			t.Fatal(err)
		}
		if got, err := openStore(t, dir).Load("quota"); err != nil || !bytes.Equal(got, want) {
			t.Errorf("got (%.10q, %v), want %.10q", got, err, want)
		}
	}
	if _, err := s.Load("other"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("another name: got error %v, want ErrNotExist", err)
	}
	info, err := os.Stat(filepath.Join(dir, "quota"+storeSuffix))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got (%v, %v), want mode 0600", info, err)
	}
}

// TestStoreDamage flips every byte, and cuts at every length.
func TestStoreDamage(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	path := filepath.Join(dir, "quota"+storeSuffix)
	whole := append(sealSaved([]byte("fifteen")), "fifteen"...)
	check := func(file []byte, what string, n int) {
		t.Helper()
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Load("quota"); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s %d: got (%q, %v), want ErrDamaged", what, n, got, err)
		}
		if _, err := s.Load("quota"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s %d, again: got error %v, want ErrNotExist", what, n, err)
		}
	}
	for i := range whole {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 0x40
		check(flipped, "byte", i)
		check(whole[:i], "length", i)
	}
	check(append(bytes.Clone(whole), 0), "length", len(whole)+1)
	if err := s.Save("quota", []byte("again")); err != nil {
		t.Error(err)
	}
	if got, err := s.Load("quota"); err != nil || string(got) != "again" {
		t.Errorf("got (%q, %v), want what was saved", got, err)
	}
}

func TestStoreRefuses(t *testing.T) {
	s := openStore(t, t.TempDir())
	for _, name := range []string{"", "..", "a/b", "A", "a.b", strings.Repeat("a", 65)} {
		if err := s.Save(name, nil); err == nil {
			t.Errorf("save %q: got no error", name)
		}
		if _, err := s.Load(name); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("load %q: got error %v, want one about the name", name, err)
		}
	}
	if err := s.Save("large", make([]byte, maxSaved+1)); err == nil {
		t.Error("too many bytes: got no error")
	}
}

// TestStoreFailsWhole: what was saved before is still there.
func TestStoreFailsWhole(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	if err := os.Mkdir(filepath.Join(dir, "quota"+storeSuffix), folderMode); err != nil {
		t.Fatal(err)
	}
	if err := s.Save("quota", []byte("one")); err == nil {
		t.Error("got no error in place of a folder")
	}
	if left, err := filepath.Glob(filepath.Join(dir, tempPrefix+"*")); err != nil || len(left) != 0 {
		t.Errorf("got (%q, %v), want nothing left behind", left, err)
	}
}

func TestStoreTogether(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for worker := range 4 {
		s := openStore(t, dir)
		all.Go(func() {
			for i := range 50 {
				want := fmt.Sprintf("%d says %d", worker, i)
				if err := s.Save("shared", []byte(want)); err != nil {
					t.Error(err)
				}
				if got, err := s.Load("shared"); err != nil || !strings.Contains(string(got), " says ") {
					t.Errorf("got (%q, %v)", got, err)
				}
			}
		})
	}
	all.Wait()
}

func TestStoreCleansUp(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, tempPrefix+"1")
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-2 * tempLife)
	if err := os.Chtimes(left, past, past); err != nil {
		t.Fatal(err)
	}
	openStore(t, dir)
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("got error %v, want it gone", err)
	}
}
