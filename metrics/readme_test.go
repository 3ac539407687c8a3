package metrics

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

const readmePath = "../README.md"

// The table stands between these lines. Nothing else of README is touched.
const (
	tableBegin = "<!-- metrics -->\n"
	tableEnd   = "<!-- /metrics -->"
)

var update = flag.Bool("update", false, "rewrite the table of metrics in README.md")

// TestReadme compares README's table with what a scrape really shows. Run it with
// -update to write the table.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(readme), tableBegin)
	got, after, closed := strings.Cut(rest, tableEnd)
	if !ok || !closed {
		t.Fatalf("README.md has no table between %q and %q", tableBegin, tableEnd)
	}
	want := metricsTable(t)
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("README's table of metrics is not that of the program: run go test ./metrics -update\ngot:\n%s\nwant:\n%s", got, want)
	}
	if err := os.WriteFile(readmePath, []byte(before+tableBegin+want+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// metricsTable is what a registry exports once the limit is known and upstream has
// reported it, before which there are fewer metrics of the quota.
func metricsTable(t *testing.T) string {
	t.Helper()
	reg := prometheus.NewRegistry()
	New(reg, everything(nil))
	families := gathered(t, reg)
	var b strings.Builder
	b.WriteString("| Metric | Type | Labels | Meaning |\n| --- | --- | --- | --- |\n")
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if !strings.HasPrefix(name, "perigee_") {
			continue
		}
		f := families[name]
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, f.kind, strings.Join(f.labelNames(), ", "), f.help)
	}
	return b.String()
}
