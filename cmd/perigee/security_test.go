package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each threat of the model has a test, and that test exists.
func TestTheThreatModelNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	model, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := make(map[string]bool)
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err = filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(source, -1) {
			tests[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\b(?:Test|Fuzz)\w+`)
	_, table, _ := strings.Cut(string(model), "| --- |")
	rows := 0
	for row := range strings.Lines(table) {
		if !strings.HasPrefix(row, "| ") {
			continue
		}
		rows++
		names := named.FindAllString(row, -1)
		if len(names) == 0 {
			t.Errorf("a threat without a test: %s", row)
		}
		for _, name := range names {
			if !tests[name] {
				t.Errorf("there is no %s", name)
			}
		}
	}
	if rows < 20 {
		t.Errorf("the model has %d threats", rows)
	}
}
