// Package testdata holds recorded answers of Launch Library 2 and of the
// framework it runs on, for the simulator and for tests. It is read-only: what a
// function hands out is fresh and belongs to the caller.
package testdata

import (
	"embed"
	"strings"
)

//go:embed clients.tsv spacecraft drf
var files embed.FS

// SpacecraftPage is the body of /2.3.0/spacecraft/ for
// ?format=api&offset=320&ordering=flights_count as the API's own page showed it:
// indented by four, with the format repeated in every link.
func SpacecraftPage() []byte { return read("spacecraft/page_api.json") }

// SpacecraftPageJSON is SpacecraftPage as ?format=json answers it: compact, and
// json in every link.
func SpacecraftPageJSON() []byte { return read("spacecraft/page_json.json") }

// read panics for a name that does not exist: the names are all in this package.
func read(name string) []byte {
	data, err := files.ReadFile(name)
	if err != nil {
		panic("testdata: " + err.Error())
	}
	return data
}

// rows splits a table into rows of exactly n columns, without its comments.
func rows(name string, n int) [][]string {
	var all [][]string
	for line := range strings.Lines(string(read(name))) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, "\t")
		if len(columns) != n {
			panic("testdata: " + name + ": odd row: " + line)
		}
		all = append(all, columns)
	}
	return all
}
