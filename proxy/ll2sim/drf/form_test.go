package drf

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	for _, tt := range []struct{ text, want string }{ // want empty: refused
		{"2026-01-10", "2026-01-10T00:00:00Z"},
		{"2026-01-10T00:00:00", "2026-01-10T00:00:00Z"},
		{"2026-01-10 00:00:00.123456789Z", "2026-01-10T00:00:00.123456789Z"},
		{"2026-01-10T00:00:00,5Z", "2026-01-10T00:00:00.5Z"},
		{"2026-1-9T1:2:3Z", "2026-01-09T01:02:03Z"},
		{"2026-01-10T00:00+02", "2026-01-09T22:00:00Z"},
		{"2026-01-10T00:00:00-0230", "2026-01-10T02:30:00Z"},
		{"1/10/2026", "2026-01-10T00:00:00Z"},
		{"2026-01-10T00:00:00 02:00", ""}, // a plus that nobody escaped
		{"2026-01-10t00:00:00Z", ""}, {"2026-01-10T00:00:00z", ""}, {"2026-13-10", ""}, {"now", ""}, {"", ""},
	} {
		got := ""
		if at, err := parseTime(tt.text); err == nil {
			got = at.UTC().Format(time.RFC3339Nano)
		}
		if got != tt.want {
			t.Errorf("parseTime(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestSeconds(t *testing.T) {
	for _, tt := range []struct {
		text string
		want float64
	}{
		{"P0D", 0}, {"PT4H35M", 16500}, {"P3DT54M15S", 262455}, {"P187DT6H31M58S", 16180318}, {"P93DT12H", 8078400},
	} {
		if got, ok := seconds(tt.text); got != tt.want || !ok {
			t.Errorf("seconds(%s) = %v, %t; want %v", tt.text, got, ok, tt.want)
		}
	}
	for _, text := range []string{"Progress", "2026", "", "P", "PTxH", "P5", "Program 5D"} {
		if got, ok := seconds(text); ok {
			t.Errorf("seconds(%q) = %v, want none", text, got)
		}
	}
}
