package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"perigee/cache/valkey/valkeytest"
	"perigee/proxy/ll2sim"
)

// The replicated form as an operator sees it: the Prometheus of deploy/ scrapes
// three replicas, the shipped dashboard counts the quota that they share once, and
// the alerts notice that Valkey is lost to one of them.
func TestPrometheusWatchesTheReplicas(t *testing.T) {
	t.Parallel()
	f := launchFleet(t, valkeytest.Start(t), ll2sim.New(ll2sim.Options{}), 3)
	p := startPrometheus(t, f.replicas)
	for i, r := range f.replicas {
		if a := r.ask(page(i), clientNo(i), ""); a.status != http.StatusOK {
			t.Fatalf("replica %d: got %+v", i, a)
		}
	}
	p.await(t, `sum(up{job="perigee"})`, "3")
	for panel, want := range map[string]string{
		"Quota left": "12",
		"Quota":      "15",
	} {
		p.await(t, shippedPanel(t, panel), want)
	}
	p.await(t, `sum(perigee_replica_leading)`, "1")
	p.await(t, `count(ALERTS)`, "")
	f.cuts[0].Cut()
	p.await(t, `ALERTS{alertname="PerigeeValkeyLost", alertstate="pending"}`, "1")
	p.await(t, `sum(perigee_replica_leader_known)`, "2")
}

// scraper is the address of a Prometheus of its own.
type scraper string

// startPrometheus runs Prometheus with the files of deploy/.
func startPrometheus(t *testing.T, replicas []*process) scraper {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(prometheusConfig(t, replicas)), 0o600); err != nil {
		t.Fatal(err)
	}
	log := startProgram(t, nil, "prometheus", "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+anyPort)
	return scraper(log.await(t, `"Listening on" address=(\S+)`))
}

// prometheusConfig is the file of deploy/ with other addresses, with replicas that
// are named one by one, and without the time that one has elsewhere.
func prometheusConfig(t *testing.T, replicas []*process) string {
	t.Helper()
	deploy, err := filepath.Abs(filepath.Join("..", "..", "deploy"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(deploy, "replicated", "prometheus.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, r := range replicas {
		targets = append(targets, fmt.Sprintf("%q", strings.TrimPrefix(r.admin, "http://")))
	}
	config := string(text)
	for _, tt := range []struct{ shipped, here string }{
		{`(?s)dns_sd_configs:.*?refresh_interval: \w+\n`, "static_configs:\n      - targets: [" + strings.Join(targets, ", ") + "]\n"},
		{`localhost:9090`, nobody}, // its own metrics, whose address is not known yet
		{`\.\./prometheus/`, deploy + "/prometheus/"},
		{`scrape_interval: 15s\n`, "scrape_interval: 1s\n"},
		{`evaluation_interval: 15s\n`, "evaluation_interval: 1s\n"},
	} {
		re := regexp.MustCompile(tt.shipped)
		if n := len(re.FindAllString(config, -1)); n != 1 {
			t.Fatalf("prometheus.yml has %s %d times, want it once", tt.shipped, n)
		}
		config = re.ReplaceAllLiteralString(config, tt.here)
	}
	return config
}

// await waits until a query has one value, "" for none.
func (s scraper) await(t *testing.T, query, want string) {
	t.Helper()
	await(t, query+" to be "+want, func() bool {
		resp, err := http.Get("http://" + string(s) + "/api/v1/query?query=" + url.QueryEscape(query))
		if err != nil {
			return false // it has yet to start
		}
		defer resp.Body.Close()
		var answer struct {
			Data struct {
				Result []struct{ Value [2]any }
			}
		}
		if json.NewDecoder(resp.Body).Decode(&answer) != nil || resp.StatusCode != http.StatusOK {
			return false
		}
		var values []string
		for _, r := range answer.Data.Result {
			values = append(values, fmt.Sprint(r.Value[1]))
		}
		return strings.Join(values, " ") == want
	})
}

// shippedPanel is the first query of a panel of the dashboard, for all instances.
func shippedPanel(t *testing.T, title string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "grafana", "dashboards", "perigee.json"))
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	for _, panel := range board.Panels {
		if panel.Title == title && len(panel.Targets) > 0 {
			return strings.ReplaceAll(panel.Targets[0].Expr, "$instance", ".+")
		}
	}
	t.Fatalf("the dashboard has no panel %q", title)
	return ""
}
