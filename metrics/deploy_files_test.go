package metrics

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// composeFiles are those of deploy/. The first is part of the others.
func composeFiles() []string {
	return []string{"services.yaml", "compose.yaml", filepath.Join("replicated", "compose.yaml")}
}

// TestPrometheusFiles asks promtool whether Prometheus would take the files, and
// whether each alert fires when it should.
func TestPrometheusFiles(t *testing.T) {
	promtool := needTool(t, "promtool", "prometheus")
	for _, tt := range []struct {
		dir  string
		args []string
	}{
		{"prometheus", []string{"check", "config", "prometheus.yml"}},
		{"replicated", []string{"check", "config", "prometheus.yml"}},
		{"prometheus", []string{"check", "rules", "alerts.yml"}},
		{"prometheus", []string{"test", "rules", "alerts_test.yml"}},
	} {
		runIn(t, filepath.Join(deployDir, tt.dir), promtool, tt.args...)
	}
}

// TestMounts: what Compose mounts is there.
func TestMounts(t *testing.T) {
	for _, file := range composeFiles() {
		for _, m := range regexp.MustCompile(`- (\.[^:]+):`).FindAllStringSubmatch(readDeploy(t, file), -1) {
			if _, err := os.Stat(filepath.Join(deployDir, filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s mounts what is not there: %v", file, err)
			}
		}
	}
}

// TestCompose asks Compose whether the files are right.
func TestCompose(t *testing.T) {
	for _, file := range composeFiles()[1:] {
		runIn(t, deployDir, compose(t)[0], append(compose(t)[1:], "-f", file, "config", "-q")...)
	}
}

// TestReplicated: replicas have no port that only one of them could have, and no
// folder in common; and they believe the network of the load balancer alone.
func TestReplicated(t *testing.T) {
	args := append(compose(t), "-f", filepath.Join("replicated", "compose.yaml"), "config")
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = deployDir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	_, config, _ := strings.Cut(string(out), "\n  perigee:\n")
	perigee, _, _ := strings.Cut(config, "\n  prometheus:\n")
	for _, bad := range []string{"ports:", "container_name:", "perigee-data"} {
		if strings.Contains(perigee, bad) {
			t.Errorf("the replicas have %s in common:\n%s", bad, perigee)
		}
	}
	trusted := regexp.MustCompile(`PERIGEE_TRUSTED_PROXIES: (\S+)`).FindStringSubmatch(perigee)
	if trusted == nil || !strings.Contains(string(out), "subnet: "+trusted[1]) {
		t.Errorf("no network is the one that is trusted, %q:\n%s", trusted, out)
	}
}

// compose is how Compose is called here.
func compose(t *testing.T) []string {
	t.Helper()
	if exec.CommandContext(t.Context(), "docker", "compose", "version").Run() == nil {
		return []string{"docker", "compose"}
	}
	return []string{needTool(t, "docker-compose", "docker-compose")}
}

// TestBalancer asks HAProxy whether it would take its file without a warning.
func TestBalancer(t *testing.T) {
	haproxy := needTool(t, "haproxy", "haproxy")
	runIn(t, filepath.Join(deployDir, "replicated"), haproxy, "-dW", "-c", "-f", "haproxy.cfg")
}

// needTool returns the path of a program of a Debian package. Without it the test
// is skipped, but not in CI, where the package must be installed.
func needTool(t *testing.T, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case !errors.Is(err, exec.ErrNotFound) || os.Getenv("CI") == "true":
		t.Fatalf("%s is needed, from the Debian package %s: %v", name, debianPackage, err)
	default:
		t.Skipf("%s is not installed; it comes with the Debian package %s", name, debianPackage)
	}
	return ""
}

func runIn(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
