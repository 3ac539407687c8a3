package config_test

import (
	"math"
	"testing"
	"time"

	"perigee/config"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		text string
		want time.Duration
		back string // what String makes of it
	}{
		{"0", 0, "0s"},
		{"0s", 0, "0s"},
		{"90s", 90 * time.Second, "1m30s"},
		{"15m", 15 * time.Minute, "15m"},
		{"1h", time.Hour, "1h"},
		{"1h30m", 90 * time.Minute, "1h30m"},
		{"1h0m5s", time.Hour + 5*time.Second, "1h0m5s"},
		{"100h", 100 * time.Hour, "4d4h"},
		{"24h", day, "1d"},
		{"7d", 7 * day, "7d"},
		{"1w", 7 * day, "7d"},
		{"1d12h", 36 * time.Hour, "1d12h"},
		{"1d10m", day + 10*time.Minute, "1d10m"},
		{"1.5d", 36 * time.Hour, "1d12h"},
		{"1m1d", day + time.Minute, "1d1m"},
		{".5h", 30 * time.Minute, "30m"},
		{"1500ms", 1500 * time.Millisecond, "1.5s"},
		{"1µs", time.Microsecond, "1µs"},
		{"1us1ns", 1001, "1.001µs"},
		{"9223372036854775807ns", math.MaxInt64, "106751d23h47m16.854775807s"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := config.ParseDuration(tt.text)
			if err != nil || time.Duration(got) != tt.want {
				t.Fatalf("ParseDuration = %v, %v, want %v", time.Duration(got), err, tt.want)
			}
			if got.String() != tt.back {
				t.Errorf("String = %q, want %q", got, tt.back)
			}
		})
	}
}

func TestParseDurationRefuses(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", "is empty"},
		{"-1s", "is negative"},
		{"5", "has a number without a unit (ms, s, m, h, d or w)"},
		{"1h5", "has a number without a unit (ms, s, m, h, d or w)"},
		{"h", `has no number and unit at "h"`},
		{".h", `has no number and unit at ".h"`},
		{"1..5h", `has no number and unit at "1..5h"`},
		{"+1h", `has no number and unit at "+"`},
		{"1h 5m", `has no number and unit at "1h "`},
		{"1H", `has no number and unit at "1H"`},
		{"1month", `has no number and unit at "1month"`},
		{"9223372036854775808ns", "is longer than 292 years"},
		{"106752d", "is longer than 292 years"},
		{"500000d", "is longer than 292 years"}, // 64 bits would wrap to 200 years
		{"100000d100000d", "is longer than 292 years"},
		{"99999999999999999999h", "is longer than 292 years"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := config.ParseDuration(tt.text)
			if err == nil || err.Error() != tt.want {
				t.Errorf("ParseDuration = %v, %v, want error %q", got, err, tt.want)
			}
		})
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, seed := range []string{"0", "1h", "1d12h", "1.5w", "-1s", "9e9h", "1µs", "1h1h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := config.ParseDuration(text)
		if err != nil {
			return
		}
		if d < 0 {
			t.Errorf("ParseDuration(%q) = %d, negative", text, d)
		}
		if again, err := config.ParseDuration(d.String()); err != nil || again != d {
			t.Errorf("ParseDuration(%q) = %d, but of its String %q: %d, %v", text, d, d, again, err)
		}
		if std, err := time.ParseDuration(text); err == nil && std != time.Duration(d) {
			t.Errorf("ParseDuration(%q) = %v, but Go says %v", text, d, std)
		}
	})
}
