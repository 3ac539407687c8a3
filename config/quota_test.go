package config

import "testing"

func TestQuota(t *testing.T) {
	for _, tt := range []struct{ text, want, problem string }{
		{"auto", "auto", ""}, {"AUTO", "auto", ""}, {"off", "off", ""},
		{"15/1h", "15/1h", ""}, {"300/1d", "300/1d", ""}, {"1/90s", "1/1m30s", ""},
		{"15", "", "is not of the form 15/1h"}, {"", "", "is not of the form 15/1h"},
		{"0/1h", "", "has a number of requests that is not from 1 to 65536"},
		{"-1/1h", "", "has a number of requests that is not from 1 to 65536"},
		{"99999/1h", "", "has a number of requests that is not from 1 to 65536"},
		{"15/hour", "", "has a period that is not from 1s to 31d"},
		{"15/1ms", "", "has a period that is not from 1s to 31d"},
		{"15/32d", "", "has a period that is not from 1s to 31d"},
	} {
		var q Quota
		problem := ""
		if err := q.UnmarshalText([]byte(tt.text)); err != nil {
			problem = err.Error()
		}
		if problem != tt.problem || problem == "" && q.String() != tt.want {
			t.Errorf("%q: %s, %q; want %s, %q", tt.text, q, problem, tt.want, tt.problem)
		}
	}
}
