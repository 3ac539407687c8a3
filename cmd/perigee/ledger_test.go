package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"perigee/proxy/ll2sim"
)

// ledgerFiles are those that what is spent is in.
func ledgerFiles(t *testing.T, data string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(data, "*", "quota", "ledger*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("got ledgers %q, %v, want two", files, err)
	}
	return files
}

// servedOf asks for that many new pages, and counts those that are served.
func servedOf(t *testing.T, p *process, from, n int) (served int) {
	t.Helper()
	for i := range n {
		if status, _ := impatient(t, p.traffic+page(from+i)); status == http.StatusOK {
			served++
		}
	}
	return served
}

// TestALostLedger: whatever had happened to the ledger, the quota was spent a second
// time. Upstream reports nothing here, so nobody but the ledger knows what was spent.
func TestALostLedger(t *testing.T) {
	t.Parallel()
	flip := func(t *testing.T, file string) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content[60] ^= 4
		writeFile(t, file, content)
	}
	for name, tt := range map[string]struct {
		damage func(t *testing.T, data string)
		served int // of the ten that are left
	}{
		"a clean restart":    {func(*testing.T, string) {}, 9}, // and one in reserve
		"a bit of the one":   {func(t *testing.T, data string) { flip(t, ledgerFiles(t, data)[0]) }, 9},
		"a bit of the other": {func(t *testing.T, data string) { flip(t, ledgerFiles(t, data)[1]) }, 9},
		"one is missing": {func(t *testing.T, data string) {
			if err := os.Remove(ledgerFiles(t, data)[0]); err != nil {
				t.Fatal(err)
			}
		}, 9},
		"a bit of both": {func(t *testing.T, data string) {
			for _, file := range ledgerFiles(t, data) {
				flip(t, file)
			}
		}, 0},
		"both empty": {func(t *testing.T, data string) {
			for _, file := range ledgerFiles(t, data) {
				writeFile(t, file, nil)
			}
		}, 0},
		"both missing": {func(t *testing.T, data string) {
			for _, file := range ledgerFiles(t, data) {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
		}, 0},
		"the folder is missing": {func(t *testing.T, data string) {
			if err := os.RemoveAll(filepath.Dir(ledgerFiles(t, data)[0])); err != nil {
				t.Fatal(err)
			}
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := ll2sim.New(ll2sim.Options{Limit: -1})
			upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, "api-throttle") {
					http.NotFound(w, r)
					return
				}
				sim.ServeHTTP(w, r)
			}))
			defer upstream.Close()
			data := t.TempDir()
			environ := []string{
				"PERIGEE_UPSTREAM_URL=" + upstream.URL, "PERIGEE_QUOTA=15/1h", "PERIGEE_DATA_DIR=" + data,
			}
			p := launch(t, environ...)
			p.await(t, "\nperigee_quota_report_failures_total 1\n") // till then the first would wait
			if got := servedOf(t, p, 0, 5); got != 5 {
				t.Errorf("at the first start %d of 5 were served", got)
			}
			p.kill(t)
			tt.damage(t, data)
			for start := range 2 { // a restart after damage has not forgotten it
				p := launch(t, environ...)
				p.await(t, "\nperigee_quota_report_failures_total 1\n")
				want := tt.served * (1 - start)
				if got := servedOf(t, p, 5+20*start, 10); got != want {
					t.Errorf("start %d: %d were served, want %d", start, got, want)
				}
				p.kill(t)
			}
		})
	}
}
