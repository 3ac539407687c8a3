package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"perigee/cache"
	"perigee/cache/archive"
	"perigee/cache/cachetest"
	"perigee/cache/disk"
)

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// holding returns a data folder that holds entries of someUpstream.
func holding(t *testing.T, entries ...*cache.Entry) (dir string) {
	t.Helper()
	dir = t.TempDir()
	tier, err := disk.New(disk.Options{Dir: filepath.Join(dir, "https-ll.thespacedevs.com", "pages")})
	if err != nil {
		t.Fatal(err)
	}
	defer tier.Close()
	for _, e := range entries {
		if err := tier.Put(e); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestExportToStandardOutput(t *testing.T) {
	t.Parallel()
	dir := holding(t, spacecraft(t, 1, "one", 5), spacecraft(t, 2, "two", 5000))
	code, stdout, stderr := runs(t, []string{"PERIGEE_DATA_DIR=" + dir}, "export", "-")
	if code != exitDone || !strings.HasPrefix(stderr, "exported 2 pages (") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("%d %q", code, stderr)
	}
	m, n, err := archive.Verify(strings.NewReader(stdout))
	if err != nil || n != 2 || m.Upstream != someUpstream || m.Made.IsZero() || !strings.HasPrefix(m.By, "perigee ") {
		t.Errorf("got (%+v, %d, %v)", m, n, err)
	}
}

func TestExportWritesAWholeFileOrNone(t *testing.T) {
	t.Parallel()
	environ := []string{"PERIGEE_DATA_DIR=" + holding(t, spacecraft(t, 1, "one", 5))}
	folder := t.TempDir()
	path := filepath.Join(folder, "file")
	for _, says := range []string{"a new file", "in place of the old"} {
		code, stdout, stderr := runs(t, environ, "export", path)
		if code != exitDone || !strings.HasPrefix(stdout, "exported 1 page (") {
			t.Errorf("%s: %d %q %s", says, code, stdout, stderr)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", says, info.Mode(), err)
		}
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sub, link, pipe := filepath.Join(folder, "sub"), filepath.Join(folder, "link"), filepath.Join(folder, "pipe")
	if err := errors.Join(os.Mkdir(sub, 0o700), os.Symlink(path, link), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ file, says string }{
		{folder, "not a file"}, {sub, "not a file"}, {link, "not a file"}, {pipe, "not a file"},
		{filepath.Join(folder, "no", "such"), "no such file"}, {filepath.Join(path, "below"), "not a directory"},
	} {
		if code, _, stderr := runs(t, environ, "export", tt.file); code != exitFailed || !strings.Contains(stderr, tt.says) {
			t.Errorf("%s: %d %s", tt.file, code, stderr)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code := run(ctx, program{args: []string{"export", path}, environ: environ, stdout: io.Discard, stderr: io.Discard}); code != exitFailed {
		t.Errorf("interrupted: %d", code)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the file was changed: %v", err)
	}
	if left := filesIn(t, folder); len(left) != 5 { // the folder, file, sub, link and pipe
		t.Errorf("left are %v", left)
	}
}

// Who reads must not evict, however little room the settings give.
func TestExportLeavesAllInPlace(t *testing.T) {
	t.Parallel()
	var entries []*cache.Entry
	for n := range 4 {
		entries = append(entries, cachetest.Entry(string(rune('a'+n)), n, 700_000))
	}
	dir := holding(t, entries...)
	before := filesIn(t, dir)
	code, stdout, stderr := runs(t, []string{"PERIGEE_DATA_DIR=" + dir, "PERIGEE_DATA_SIZE=1MiB"}, "export", filepath.Join(t.TempDir(), "file"))
	if code != exitDone || !strings.HasPrefix(stdout, "exported 4 pages") || stderr != "" {
		t.Errorf("%d %q %s", code, stdout, stderr)
	}
	if after := filesIn(t, dir); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("there are %v, want %v", after, before)
	}
}

func TestExportWhereNothingIsHeld(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "none")
	code, _, stderr := runs(t, []string{"PERIGEE_DATA_DIR=" + dir}, "export", filepath.Join(t.TempDir(), "file"))
	if _, err := os.Stat(dir); code != exitFailed || !strings.Contains(stderr, "nothing is cached") || err == nil {
		t.Errorf("%d %s; the folder: %v", code, stderr, err)
	}
}

// What cannot be read would be missing at the other end.
func TestExportOfWhatCannotBeReadFails(t *testing.T) {
	t.Parallel()
	dir := holding(t, spacecraft(t, 1, "one", 5))
	files := filesIn(t, dir)
	page := files[len(files)-1]
	if err := errors.Join(os.Remove(page), os.Symlink(page, page)); err != nil { // which leads nowhere
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "file")
	code, _, stderr := runs(t, []string{"PERIGEE_DATA_DIR=" + dir}, "export", path)
	if _, err := os.Stat(path); code != exitFailed || !strings.Contains(stderr, "could be read") || err == nil {
		t.Errorf("%d %s; the file: %v", code, stderr, err)
	}
}

func TestExportAndImportWantAFileAndAFolder(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"export", "import"} {
		for _, tt := range []struct {
			environ []string
			args    []string
			says    string
		}{
			{nil, nil, "perigee " + command + " FILE"},
			{nil, []string{"a", "b"}, "perigee " + command + " FILE"},
			{nil, []string{""}, "perigee " + command + " FILE"},
			{nil, []string{"-h"}, "perigee " + command + " FILE"},
			{[]string{"PERIGEE_DATA_DIR=off"}, []string{"a"}, "PERIGEE_DATA_DIR"},
			{nil, []string{"a"}, "PERIGEE_DATA_DIR"}, // without a home folder it is off
			{[]string{"PERIGEE_PROFILE=http", "PERIGEE_DATA_DIR=/x"}, []string{"a"}, "PERIGEE_PROFILE"},
			{[]string{"PERIGEE_TTL=soon"}, []string{"a"}, "PERIGEE_TTL"},
		} {
			code, stdout, stderr := runs(t, tt.environ, append([]string{command}, tt.args...)...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, tt.says) {
				t.Errorf("%s %q %v: %d %q %s", command, tt.args, tt.environ, code, stdout, stderr)
			}
		}
	}
	for _, command := range []string{"serve", "check"} {
		code, _, stderr := runs(t, []string{"PERIGEE_PROFILE=http", "PERIGEE_OFFLINE=true"}, command)
		if code != exitUsage || !strings.Contains(stderr, "PERIGEE_OFFLINE") {
			t.Errorf("%s offline in profile http: %d %s", command, code, stderr)
		}
	}
}
