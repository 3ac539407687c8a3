package config_test

import (
	"slices"
	"testing"

	"perigee/config"
)

func TestWarnings(t *testing.T) {
	tests := []struct {
		name    string
		environ []string
		want    []string
	}{
		{"a slip of the finger", []string{"PERIGEE_TLL=1h"},
			[]string{"PERIGEE_TLL is not a setting and is ignored; the nearest known name is PERIGEE_TTL"}},
		{"a forgotten underscore", []string{"PERIGEE_TTLRULES=off"},
			[]string{"PERIGEE_TTLRULES is not a setting and is ignored; the nearest known name is PERIGEE_TTL_RULES"}},
		{"lower case", []string{"PERIGEE_cors_origin=off"},
			[]string{"PERIGEE_cors_origin is not a setting and is ignored; the nearest known name is PERIGEE_CORS_ORIGINS"}},
		{"letters too many", []string{"PERIGEE_THE_TTL=1h"},
			[]string{"PERIGEE_THE_TTL is not a setting and is ignored; the nearest known name is PERIGEE_TTL"}},
		{"several, sorted", []string{"PERIGEE_UPSTREAM_TOKEN_FIL=x", "PERIGEE_LOGLEVEL="}, []string{
			"PERIGEE_LOGLEVEL is not a setting and is ignored; the nearest known name is PERIGEE_LOG_LEVEL",
			"PERIGEE_UPSTREAM_TOKEN_FIL is not a setting and is ignored; the nearest known name is PERIGEE_UPSTREAM_TOKEN_FILE"}},
		{"beside a Kubernetes Service named perigee", []string{
			"PERIGEE_PORT=tcp://10.0.0.1:80", "PERIGEE_PORT_80_TCP_ADDR=10.0.0.1",
			"PERIGEE_SERVICE_HOST=10.0.0.1", "PERIGEE_SERVICE_PORT_HTTP=80"}, nil},
		{"of someone else", []string{"PERIGEES=1", "HOME=/", "perigee_ttl=1h"}, nil},
		{"token in the clear", []string{"PERIGEE_UPSTREAM_URL=http://example.org", "PERIGEE_UPSTREAM_TOKEN=x"},
			[]string{"PERIGEE_UPSTREAM_TOKEN is sent unencrypted, since PERIGEE_UPSTREAM_URL is http"}},
		{"token in the clear, to this machine", []string{"PERIGEE_UPSTREAM_URL=http://127.0.0.2:1", "PERIGEE_UPSTREAM_TOKEN=x"}, nil},
		{"no token in the clear", []string{"PERIGEE_UPSTREAM_URL=http://example.org"}, nil},
		{"offline without a folder", []string{"PERIGEE_OFFLINE=true", "PERIGEE_DATA_DIR=off"},
			[]string{"PERIGEE_OFFLINE leaves nothing to serve, since PERIGEE_DATA_DIR is off"}},
		{"a base that no link has", []string{"PERIGEE_PUBLIC_URL=http://example.org", "PERIGEE_LINKS=keep"},
			[]string{"PERIGEE_PUBLIC_URL has no effect, since PERIGEE_LINKS is keep"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, warnings, err := config.Load(append(tt.environ, "HOME=/home/me"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range warnings {
				got = append(got, w.String())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("warnings:\n%q\nwant:\n%q", got, tt.want)
			}
		})
	}
}

// TestWarningsComeWithFaults: a misspelt name may be why another is at fault.
func TestWarningsComeWithFaults(t *testing.T) {
	_, warnings, err := config.Load([]string{"PERIGEE_TTL=x", "PERIGEE_TLL=1h", "HOME=/home/me"})
	if err == nil || len(warnings) != 1 {
		t.Errorf("error %v and warnings %v, want one of each", err, warnings)
	}
}
