package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/disk"
	"perigee/proxy/ll2"
)

const (
	someUpstream  = "https://ll.thespacedevs.com" // the default
	otherUpstream = "https://lldev.thespacedevs.com"
)

// spacecraft is what is cached of one, said by a name and a number of hours ago.
func spacecraft(t *testing.T, id int, name string, hours int) *cache.Entry {
	t.Helper()
	res, err := ll2.Resolve(ll2.Request{Path: fmt.Sprintf("/2.3.0/spacecraft/%d/", id), Accept: []string{"*/*"}}, ll2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	answered := time.Now().Add(-time.Duration(hours) * time.Hour)
	body := fmt.Appendf(nil, `{"id":%d,"name":%q}`, id, name)
	return &cache.Entry{
		Key: res.Key, Target: res.Path + "?" + res.Query, Accept: res.Accept, Status: 200,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: body, Digest: sha256.Sum256(body),
		Asked: answered, Answered: answered, FreshUntil: answered.Add(time.Hour),
	}
}

// cachedIn returns the bodies that a data folder holds of someUpstream, by key.
func cachedIn(t *testing.T, dir string) map[cache.Key]string {
	t.Helper()
	tier, err := disk.New(disk.Options{Dir: filepath.Join(dir, "https-ll.thespacedevs.com", "pages")})
	if err != nil {
		t.Fatal(err)
	}
	defer tier.Close()
	cached := make(map[cache.Key]string)
	for e := range tier.All() {
		cached[e.Key] = string(e.Body)
	}
	return cached
}

// filesIn lists all that is in a folder, which need not be there.
func filesIn(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		paths = append(paths, path)
		return err
	})
	if err != nil && len(paths) > 1 {
		t.Fatal(err)
	}
	return paths
}

func TestImportNeverReplacesWhatIsAsNewOrNewer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	environ := []string{"PERIGEE_DATA_DIR=" + dir}
	foreign := spacecraft(t, 9, "foreign", 1)
	foreign.Key = strings.Replace(foreign.Key, "ll2/", "ll3/", 1)
	for _, tt := range []struct {
		name    string
		entries []*cache.Entry
		says    string
		want    string // name of spacecraft 1 thereafter
	}{
		{"the first", []*cache.Entry{spacecraft(t, 1, "middle", 5)}, "imported 1 page, 0 already cached, 0 of another version\n", "middle"},
		{"older", []*cache.Entry{spacecraft(t, 1, "old", 6), spacecraft(t, 2, "other", 6)}, "imported 1 page, 1 already cached, 0 of another version\n", "middle"},
		{"newer", []*cache.Entry{spacecraft(t, 1, "new", 4)}, "imported 1 page, 0 already cached, 0 of another version\n", "new"},
		{"foreign", []*cache.Entry{foreign, spacecraft(t, 3, "more", 1)}, "imported 1 page, 0 already cached, 1 of another version\n", "new"},
		{"nothing", nil, "imported 0 pages, 0 already cached, 0 of another version\n", "new"},
	} {
		file := archived(t, someUpstream, tt.entries...)
		for _, says := range []string{tt.says, ""} { // twice: then all is as new
			code, stdout, stderr := fed(t, bytes.NewReader(file), environ, "import", "-")
			if code != exitDone || stderr != "" || says != "" && stdout != says {
				t.Errorf("%s: %d %q %s", tt.name, code, stdout, stderr)
			}
			if says == "" && !strings.HasPrefix(stdout, "imported 0 pages, ") {
				t.Errorf("%s, again: %q", tt.name, stdout)
			}
		}
		if got := cachedIn(t, dir)[spacecraft(t, 1, "", 0).Key]; !strings.Contains(got, `"`+tt.want+`"`) {
			t.Errorf("%s: cached is %s, want %s", tt.name, got, tt.want)
		}
	}
	if cached := cachedIn(t, dir); len(cached) != 3 {
		t.Errorf("cached are %v, want 3 spacecraft", cached)
	}
}

// A file that is not what was exported, or is of another upstream, changes nothing.
func TestImportOfABadFileChangesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	environ := []string{"PERIGEE_DATA_DIR=" + dir}
	code, _, stderr := fed(t, bytes.NewReader(archived(t, someUpstream, spacecraft(t, 1, "cached", 5))), environ, "import", "-")
	if code != exitDone {
		t.Fatal(stderr)
	}
	want, files := cachedIn(t, dir), filesIn(t, dir)
	good := archived(t, someUpstream, spacecraft(t, 1, "newer", 1), spacecraft(t, 2, "other", 1))
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 0xff
	for _, tt := range []struct {
		name string
		file []byte
		says string
	}{
		{"empty", nil, "not an archive"},
		{"text", []byte("hello, world\n"), "not an archive"},
		{"truncated", good[:len(good)-1], "the end is missing"},
		{"half", good[:len(good)/2], "the end is missing"},
		{"damaged", flipped, "damaged"},
		{"too long", append(bytes.Clone(good), "x"...), "something follows the end"},
		{"another upstream", archived(t, otherUpstream, spacecraft(t, 2, "other", 1)), otherUpstream + ", and PERIGEE_UPSTREAM_URL is " + someUpstream},
	} {
		path := filepath.Join(t.TempDir(), "file")
		writeFile(t, path, tt.file)
		for _, from := range []string{path, "-"} {
			code, stdout, stderr := fed(t, bytes.NewReader(tt.file), environ, "import", from)
			if code != exitFailed || stdout != "" || !strings.Contains(stderr, tt.says) || !strings.Contains(stderr, "nothing was changed") {
				t.Errorf("%s from %s: %d %q %s", tt.name, from, code, stdout, stderr)
			}
			if got := cachedIn(t, dir); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s from %s: cached is %v, want %v", tt.name, from, got, want)
			}
			if got := filesIn(t, dir); fmt.Sprint(got) != fmt.Sprint(files) {
				t.Errorf("%s from %s: there are %v, want %v", tt.name, from, got, files)
			}
		}
	}
}

// A pipe that has a name is read as standard input is, since it cannot be read
// twice.
func TestImportFromWhatIsNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	environ := []string{"PERIGEE_DATA_DIR=" + dir}
	for _, tt := range []struct{ file, says string }{
		{filepath.Join(dir, "missing"), "no such file"}, {dir, "is a folder"}, {"/dev/null", "not an archive"},
	} {
		if code, _, stderr := runs(t, environ, "import", tt.file); code != exitFailed || !strings.Contains(stderr, tt.says) {
			t.Errorf("%s: %d %s", tt.file, code, stderr)
		}
	}
	if code, _, stderr := runs(t, environ, "import", "-"); code != exitFailed || !strings.Contains(stderr, "no standard input") {
		t.Errorf("no standard input: %d %s", code, stderr)
	}
}

// Nobody types at the terminal: the end of the program is not waited for in vain.
func TestImportIsInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	silent, typist := io.Pipe()
	defer typist.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	errs := newOutput()
	p := program{args: []string{"import", "-"}, environ: []string{"PERIGEE_DATA_DIR=" + dir}, stdin: silent, stdout: errs, stderr: errs}
	if code := run(ctx, p); code != exitFailed || len(filesIn(t, dir)) != 1 {
		t.Errorf("%d %s, left is %v", code, errs, filesIn(t, dir))
	}
}
