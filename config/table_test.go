package config_test

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"perigee/config"
)

// TestTableIsComplete: the messages and the README are no better than the tags.
func TestTableIsComplete(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range config.Table() {
		if !strings.HasPrefix(s.Name, "PERIGEE_") || seen[s.Name] {
			t.Errorf("%+v: the name lacks the prefix or occurs twice", s)
		}
		if s.Allowed == "" || !strings.HasSuffix(s.Description, ".") {
			t.Errorf("%s: allowed %q, description %q; want both, the latter in sentences", s.Name, s.Allowed, s.Description)
		}
		seen[s.Name] = true
	}
}

func TestLogValue(t *testing.T) {
	c, _, err := config.Load([]string{"HOME=/home/me"})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, attr := range c.LogValue().Group() {
		fmt.Fprintf(&got, "%s=%s\n", attr.Key, attr.Value)
	}
	if got.String() != allUnset {
		t.Errorf("LogValue:\n%s\nwant:\n%s", got.String(), allUnset)
	}
}

func TestLogLevel(t *testing.T) {
	tests := []struct {
		level config.LogLevel
		want  slog.Level
	}{
		{config.LogDebug, slog.LevelDebug},
		{config.LogInfo, slog.LevelInfo},
		{config.LogWarn, slog.LevelWarn},
		{config.LogError, slog.LevelError},
		{"", slog.LevelInfo},
	}
	for _, tt := range tests {
		if got := tt.level.Level(); got != tt.want {
			t.Errorf("%q: level %v, want %v", tt.level, got, tt.want)
		}
	}
}

var update = flag.Bool("update", false, "write the table of the settings into the README")

const (
	readme     = "../README.md"
	tableBegin = "<!-- settings -->\n"
	tableEnd   = "<!-- /settings -->\n"
)

// TestREADMETable asserts that the README's table is the one that the struct
// gives. go test ./config -run README -update writes it.
func TestREADMETable(t *testing.T) {
	content, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(content), tableBegin)
	got, after, ended := strings.Cut(rest, tableEnd)
	if !begun || !ended {
		t.Fatalf("%s has no table between %q and %q", readme, tableBegin, tableEnd)
	}
	want := markdown(config.Table())
	if *update {
		if err := os.WriteFile(readme, []byte(before+tableBegin+want+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("the table in %s is not that of the settings (go test ./config -run README -update writes it):\n%s\nwant:\n%s", readme, got, want)
	}
}

func markdown(table []config.Setting) string {
	var b strings.Builder
	b.WriteString("| Variable | Default | Allowed | Meaning |\n| --- | --- | --- | --- |\n")
	escape := strings.NewReplacer("|", `\|`, "*", `\*`)
	for _, s := range table {
		value := "unset"
		if s.Default != "" {
			value = "`" + strings.ReplaceAll(s.Default, ",", "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, value, escape.Replace(s.Allowed), escape.Replace(s.Description))
	}
	return b.String()
}
