package metrics

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

const deployDir = "../deploy"

// exportedSeries is what Prometheus holds after it scraped a proxy that did
// everything once. Histograms are only there in their parts, since classic
// buckets are what the configuration collects.
func exportedSeries(t *testing.T) map[string]family {
	t.Helper()
	reg := prometheus.NewRegistry()
	exercise(New(reg, everything(someEndpoints)))
	series := map[string]family{"up": {}}
	for name, f := range gathered(t, reg) {
		if f.kind != "histogram" {
			series[name] = f
			continue
		}
		series[name+"_sum"], series[name+"_count"] = f, f
		buckets := maps.Clone(f.labels)
		buckets["le"] = nil
		series[name+"_bucket"] = family{labels: buckets}
	}
	return series
}

func readDeploy(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{deployDir}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// dashboard is what these tests look at of a Grafana dashboard.
type dashboard struct {
	UID        string
	Templating struct {
		List []struct {
			Definition string
			Datasource struct{ UID string }
		}
	}
	Panels []panel
}

type panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Datasource               struct{ UID string }
	FieldConfig              struct{ Defaults struct{ Unit string } }
	Targets                  []struct{ RefID, Expr, LegendFormat string }
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	if err := json.Unmarshal([]byte(readDeploy(t, "grafana", "dashboards", "perigee.json")), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Panels) == 0 {
		t.Fatal("the dashboard has no panels")
	}
	return d
}

// TestDashboardQueries holds every query to what the program really exports.
func TestDashboardQueries(t *testing.T) {
	exported := exportedSeries(t)
	legendLabel := regexp.MustCompile(`{{\s*(\w+)\s*}}`)
	for _, p := range readDashboard(t).Panels {
		for _, target := range p.Targets {
			kept, problems := readPromQL(exported, target.Expr)
			for _, problem := range problems {
				t.Errorf("%s, query %s: %s", p.Title, target.RefID, problem)
			}
			for _, m := range legendLabel.FindAllStringSubmatch(target.LegendFormat, -1) {
				whole := kept == nil && m[1] == "instance"
				if !whole && !slices.Contains(kept, m[1]) {
					t.Errorf("%s, query %s: the legend shows %s, which the query does not keep", p.Title, target.RefID, m[1])
				}
			}
		}
	}
}

// TestDashboardPanels: ids are unique, panels do not overlap, each says what to do
// about what it shows, and all ask the provisioned data source.
func TestDashboardPanels(t *testing.T) {
	d := readDashboard(t)
	if !strings.Contains(readDeploy(t, "grafana", "provisioning", "datasources", "prometheus.yml"), "uid: prometheus") {
		t.Error("the provisioned data source is not called prometheus")
	}
	for _, v := range d.Templating.List {
		metric, _, _ := strings.Cut(strings.TrimPrefix(v.Definition, "label_values("), ",")
		if _, ok := exportedSeries(t)[metric]; !ok || v.Datasource.UID != "prometheus" {
			t.Errorf("variable %s of data source %s: no such metric, or not ours", v.Definition, v.Datasource.UID)
		}
	}
	ids := make(map[int]string)
	taken := make(map[[2]int]string)
	for _, p := range d.Panels {
		if other, used := ids[p.ID]; used {
			t.Errorf("%s and %s have the same id %d", p.Title, other, p.ID)
		}
		ids[p.ID] = p.Title
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				cell := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if taken[cell] != "" || cell[0] >= 24 {
					t.Fatalf("%s lies on %s, or beyond the edge", p.Title, taken[cell])
				}
				taken[cell] = p.Title
			}
		}
		if p.Type != "row" {
			checkPanel(t, p)
		}
	}
}

func checkPanel(t *testing.T, p panel) {
	t.Helper()
	if len(p.Description) < 40 {
		t.Errorf("%s: the description %q does not tell the operator what to do", p.Title, p.Description)
	}
	if p.Datasource.UID != "prometheus" || p.FieldConfig.Defaults.Unit == "" || len(p.Targets) == 0 {
		t.Errorf("%s: data source %q, unit %q, %d queries", p.Title, p.Datasource.UID, p.FieldConfig.Defaults.Unit, len(p.Targets))
	}
}

// TestAlerts holds the alerts to what is exported, and each to saying what to do.
func TestAlerts(t *testing.T) {
	rules := strings.Split(readDeploy(t, "prometheus", "alerts.yml"), "\n      - alert: ")[1:]
	if len(rules) < 4 {
		t.Fatalf("%d alerts", len(rules))
	}
	exported := exportedSeries(t)
	tests := readDeploy(t, "prometheus", "alerts_test.yml")
	// An expression stands behind its key, or below it up to the next key.
	expr := regexp.MustCompile(`(?s)\n {8}expr:(?: \|)?(.*?)\n {8}\w`)
	for _, rule := range rules {
		name, _, _ := strings.Cut(rule, "\n")
		found := expr.FindStringSubmatch(rule)
		if found == nil {
			t.Fatalf("%s: no expression", name)
		}
		if _, problems := readPromQL(exported, found[1]); problems != nil {
			t.Errorf("%s: %q", name, problems)
		}
		for _, key := range []string{"severity", "summary", "description", "action"} {
			if !strings.Contains(rule, "\n          "+key+": ") {
				t.Errorf("%s: no %s", name, key)
			}
		}
		if !strings.Contains(tests, `"`+name+`"`) {
			t.Errorf("%s: alerts_test.yml does not show when it fires", name)
		}
	}
}

// TestSettingsNamed: every setting that Compose sets, or that an alert or a panel
// advises to change, is one that README describes.
func TestSettingsNamed(t *testing.T) {
	readme, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	text := readDeploy(t, "prometheus", "alerts.yml") + readDeploy(t, "grafana", "dashboards", "perigee.json")
	for _, file := range composeFiles() {
		text += readDeploy(t, file)
	}
	text += readDeploy(t, "replicated", "haproxy.cfg")
	for _, name := range regexp.MustCompile(`PERIGEE_[A-Z_]+`).FindAllString(text, -1) {
		if !strings.Contains(string(readme), "`"+name+"`") {
			t.Errorf("README does not know %s", name)
		}
	}
}
