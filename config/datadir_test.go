package config_test

import (
	"testing"

	"perigee/config"
)

func TestDataDir(t *testing.T) {
	for _, tt := range []struct {
		name     string
		environ  []string
		want     string
		warnings int
	}{
		{"named", []string{"PERIGEE_DATA_DIR=/data", "HOME=/home/me"}, "/data", 0},
		{"off", []string{"PERIGEE_DATA_DIR=OFF", "HOME=/home/me"}, "off", 0},
		{"home", []string{"HOME=/home/me"}, "/home/me/.cache/perigee", 0},
		{"cache folder", []string{"HOME=/home/me", "XDG_CACHE_HOME=/var/tmp"}, "/var/tmp/perigee", 0},
		{"relative cache folder", []string{"HOME=/home/me", "XDG_CACHE_HOME=tmp"}, "/home/me/.cache/perigee", 0},
		{"no home", nil, "off", 1},
	} {
		c, warnings, err := config.Load(tt.environ)
		if err != nil {
			t.Fatal(err)
		}
		if c.DataDir != tt.want || len(warnings) != tt.warnings {
			t.Errorf("%s: %q, %v; want %q, %d warnings", tt.name, c.DataDir, warnings, tt.want, tt.warnings)
		}
	}
}
