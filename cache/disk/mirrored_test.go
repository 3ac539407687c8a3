package disk

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func openMirrored(t testing.TB, dir string) *Mirrored {
	t.Helper()
	m, err := openStore(t, dir).Mirrored("ledger", MirroredOptions{What: "the record"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func wantSaved(t *testing.T, m *Mirrored, want string, wantIntact bool) {
	t.Helper()
	got, intact, err := m.Load()
	if err != nil || string(got) != want || intact != wantIntact {
		t.Errorf("got (%.20q, %t, %v), want (%.20q, %t)", got, intact, err, want, wantIntact)
	}
}

func TestMirrored(t *testing.T) {
	dir := t.TempDir()
	m := openMirrored(t, dir)
	if _, _, err := m.Load(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("never saved: got error %v, want ErrNotExist", err)
	}
	for _, want := range []string{"", "one", strings.Repeat("x", 100_000), "last"} {
		if err := m.Save([]byte(want)); err != nil {
			t.Fatal(err)
		}
		wantSaved(t, openMirrored(t, dir), want, true)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := m.Save([]byte("after")); err != nil {
		t.Errorf("the folder is gone: %v", err)
	}
	wantSaved(t, openMirrored(t, dir), "after", true)
}

// TestMirroredDamage: after damage of the one file that there was, what was spent was
// spent a second time. Now whatever happens to either of two loses nothing.
func TestMirroredDamage(t *testing.T) {
	dir := t.TempDir()
	m := openMirrored(t, dir)
	for _, data := range []string{"first", "fifteen"} {
		if err := m.Save([]byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{"ledger.state", "ledger-2.state"}
	for i, name := range names {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		damage := map[string][]byte{"empty": {}, "other": []byte("something else"), "zeros": make([]byte, len(whole))}
		for at := range mirroredHead + len("fifteen") {
			flipped := bytes.Clone(whole)
			flipped[at] ^= 1 << (at % 8)
			damage["a flipped bit"+string(rune('a'+at))] = flipped
			damage["cut"+string(rune('a'+at))] = whole[:at]
		}
		for _, file := range damage {
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			wantSaved(t, openMirrored(t, dir), "fifteen", false)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		again := openMirrored(t, dir)
		wantSaved(t, again, "fifteen", false)
		if err := again.Save([]byte("fifteen")); err != nil {
			t.Fatal(err)
		}
		wantSaved(t, again, "fifteen", true)
		if i == 0 {
			continue
		}
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := openMirrored(t, dir).Load(); !errors.Is(err, ErrDamaged) {
			t.Errorf("both damaged: got error %v, want ErrDamaged", err)
		}
	}
}

// TestMirroredTorn: a crash between the two writes leaves the one that was whole.
func TestMirroredTorn(t *testing.T) {
	dir := t.TempDir()
	m := openMirrored(t, dir)
	if err := m.Save([]byte("before")); err != nil {
		t.Fatal(err)
	}
	if err := overwrite(m.copies[0], sealMirrored(2, []byte("after"))); err != nil {
		t.Fatal(err)
	}
	wantSaved(t, openMirrored(t, dir), "after", false)
	if err := overwrite(m.copies[0], sealMirrored(3, []byte("torn"))[:mirroredHead]); err != nil {
		t.Fatal(err)
	}
	wantSaved(t, openMirrored(t, dir), "before", false)
}
