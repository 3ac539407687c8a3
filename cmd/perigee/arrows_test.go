package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "perigee/"

// arrow says which packages of this module one of them may import.
type arrow struct {
	from  string
	to    []string
	tests []string // its tests may import these, too, and the stand-ins
}

// arrows is the whole of it: a package that is not in it may not be there.
func arrows() []arrow {
	return []arrow{
		{from: "cmd/perigee", to: []string{"cmd/perigee/app", "config", "proxy/ll2sim"}, tests: []string{"cache", "cache/archive", "cache/disk", "proxy/ll2"}},
		{from: "cmd/perigee/app", to: []string{"cache", "cache/archive", "cache/disk", "cache/rfc9111", "cache/valkey", "config", "metrics", "proxy", "proxy/clients", "proxy/cluster", "proxy/collection", "proxy/fetch", "proxy/httpcache", "proxy/quota", "proxy/respond", "proxy/upstream"}},
		{from: "cmd/perigee/soak", tests: []string{"cmd/perigee/app", "config"}},
		{from: "config", to: []string{"cache/valkey"}},
		{from: "proxy", to: []string{"cache", "cache/rfc9111", "proxy/clients", "proxy/cluster", "proxy/coalesce", "proxy/collection", "proxy/fetch", "proxy/ll2", "proxy/ll2/body", "proxy/quota", "proxy/render", "proxy/respond", "proxy/upstream"}},
		{from: "proxy/clients"},
		{from: "proxy/fetch", to: []string{"cache", "cache/rfc9111", "proxy/clients", "proxy/cluster", "proxy/coalesce", "proxy/ll2", "proxy/ll2/body", "proxy/quota", "proxy/render", "proxy/upstream"}},
		{from: "proxy/render", to: []string{"cache", "proxy/clients", "proxy/ll2", "proxy/ll2/body", "proxy/respond"}},
		{from: "proxy/cluster", to: []string{"cache", "cache/record", "cache/valkey", "proxy/quota"}},
		{from: "proxy/coalesce"},
		{from: "proxy/spool"},
		{from: "proxy/respond", to: []string{"cache/rfc9111", "proxy/clients"}},
		{from: "proxy/ll2", to: []string{"proxy/ll2/catalog"}},
		{from: "proxy/ll2/body", to: []string{"proxy/ll2", "proxy/ll2/catalog"}},
		{from: "proxy/ll2/catalog"},
		{from: "proxy/ll2/catalog/generate", to: []string{"proxy/ll2/catalog"}},
		{from: "proxy/ll2/ll2test", to: []string{"proxy/ll2", "proxy/ll2/body", "proxy/ll2sim"}},
		{from: "proxy/collection", to: []string{"cache", "proxy/ll2", "proxy/ll2/body", "proxy/render"}},
		{from: "proxy/upstream"},
		{from: "proxy/quota"},
		{from: "proxy/httpcache", to: []string{"cache", "cache/rfc9111", "proxy/coalesce", "proxy/respond", "proxy/spool"}},
		{from: "proxy/ll2sim", to: []string{"proxy/ll2/catalog", "proxy/ll2sim/dataset", "proxy/ll2sim/drf", "proxy/ll2sim/python", "testdata"}},
		{from: "proxy/ll2sim/dataset", to: []string{"proxy/ll2/catalog", "proxy/ll2sim/drf", "testdata"}, tests: []string{"proxy/ll2sim/python"}},
		{from: "proxy/ll2sim/drf", to: []string{"proxy/ll2/catalog", "proxy/ll2sim/python"}},
		{from: "proxy/ll2sim/python"},
		{from: "cache"},
		{from: "cache/rfc9111", to: []string{"cache"}},
		{from: "cache/cachetest", to: []string{"cache"}},
		{from: "cache/archive", to: []string{"cache", "cache/record"}},
		{from: "cache/record", to: []string{"cache"}},
		{from: "cache/disk", to: []string{"cache", "cache/record"}},
		{from: "cache/valkey", to: []string{"cache", "cache/record"}},
		{from: "cache/valkey/valkeytest"},
		{from: "metrics", to: []string{"cache", "cache/disk", "cache/valkey", "proxy/cluster", "proxy/quota", "proxy/respond"}},
		{from: "testdata"},
	}
}

// standIns may be imported by every test: they take the place of something.
func standIns() []string {
	return []string{"cache/cachetest", "cache/valkey/valkeytest", "proxy/ll2/catalog", "proxy/ll2/ll2test", "proxy/ll2sim", "testdata"}
}

// goPackage is what go list tells of a package.
type goPackage struct {
	ImportPath   string
	Imports      []string // directly, without tests
	Deps         []string // in the end, without tests
	TestImports  []string // of tests inside the package
	XTestImports []string // of tests beside it
}

// TestArrows asserts that every import of one of our packages by another is one
// of those in the table.
func TestArrows(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		t.Run(p.ImportPath, func(t *testing.T) {
			from := strings.TrimPrefix(p.ImportPath, module)
			i := slices.IndexFunc(arrows(), func(a arrow) bool { return a.from == from })
			if i < 0 {
				t.Fatal("the package is not in the table of arrows")
			}
			row := arrows()[i]
			for _, to := range ours(p.Imports) {
				if !slices.Contains(row.to, to) {
					t.Errorf("imports %s, but may import %q alone", to, row.to)
				}
			}
			inTests := slices.Concat(row.to, row.tests, standIns(), []string{from})
			for _, to := range ours(slices.Concat(p.TestImports, p.XTestImports)) {
				if !slices.Contains(inTests, to) {
					t.Errorf("its tests import %s, but may import %q alone", to, inTests)
				}
			}
		})
	}
}

// TestPrometheusStaysInMetrics: other packages call small observer interfaces.
func TestPrometheusStaysInMetrics(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		if p.ImportPath == module+"metrics" || p.ImportPath == module+"cmd/perigee/app" {
			continue
		}
		for _, path := range p.Imports {
			if strings.HasPrefix(path, "github.com/prometheus/client_") {
				t.Errorf("%s imports %s", p.ImportPath, path)
			}
		}
	}
}

// TestSimulatorIsIndependent: if the simulator had any of the canonicaliser or
// the link writer, comparing the two would compare code with itself.
func TestSimulatorIsIndependent(t *testing.T) {
	t.Parallel()
	packages := listPackages(t)
	i := slices.IndexFunc(packages, func(p goPackage) bool { return p.ImportPath == module+"proxy/ll2sim" })
	if i < 0 {
		t.Fatal("there is no package proxy/ll2sim")
	}
	if slices.Contains(packages[i].Deps, module+"proxy/ll2") {
		t.Error("proxy/ll2sim depends on proxy/ll2")
	}
}

// TestReadmeListsPackages: README's table has every package but those for tests and
// those that serve only the one above them, and none that is gone.
func TestReadmeListsPackages(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	_, table, _ := strings.Cut(string(readme), "\n| Package | What it does |\n| --- | --- |\n")
	for line := range strings.Lines(table) {
		name, row := strings.CutPrefix(line, "| `")
		if !row {
			break
		}
		name, _, _ = strings.Cut(name, "`")
		listed = append(listed, name)
	}
	for _, a := range arrows() {
		i := slices.Index(listed, a.from)
		if i < 0 {
			if !strings.HasSuffix(a.from, "test") && !strings.HasPrefix(a.from, "proxy/ll2sim/") {
				t.Errorf("README does not list %s", a.from)
			}
			continue
		}
		listed = slices.Delete(listed, i, i+1)
	}
	if len(listed) > 0 {
		t.Errorf("README lists %q, which are no packages or stand there twice", listed)
	}
}

// ours returns the packages of this module among paths, without its name.
func ours(paths []string) []string {
	var found []string
	for _, path := range paths {
		if rest, ok := strings.CutPrefix(path, module); ok {
			found = append(found, rest)
		}
	}
	return found
}

// listPackages asks go list about every folder with Go in it. The folders are
// named one by one, because ./... skips those called testdata.
func listPackages(t *testing.T) []goPackage {
	t.Helper()
	const root = "../.."
	args := append([]string{"list", "-json=ImportPath,Imports,Deps,TestImports,XTestImports"}, goFolders(t, root)...)
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("read what go list says: %v", err)
		}
		packages = append(packages, p)
	}
}

// goFolders finds the folders with Go in them. That this process walks them
// itself also makes go test run these tests again when a file has changed: what
// go list reads does not count for the cache of test results.
func goFolders(t *testing.T, root string) []string {
	t.Helper()
	var folders []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), ".") {
			return filepath.SkipDir
		}
		if !entry.IsDir() && filepath.Ext(path) == ".go" {
			folder, err := filepath.Rel(root, filepath.Dir(path))
			if err != nil {
				return err
			}
			folders = append(folders, "./"+filepath.ToSlash(folder))
		}
		return nil
	})
	if err != nil {
		t.Fatalf("find packages: %v", err)
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}
