package rfc9111

import (
	"net/http"
	"testing"
	"time"

	"perigee/cache"
)

func TestParseAge(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []string
		want  time.Duration
	}{
		{"absent", nil, 0},
		{"seconds", []string{"30"}, 30 * time.Second},
		{"leading zeros", []string{"0030"}, 30 * time.Second},
		{"spaces around", []string{" 30\t"}, 30 * time.Second},
		{"first member", []string{"30, 60"}, 30 * time.Second},
		{"first line", []string{"30", "60"}, 30 * time.Second},
		{"empty", []string{""}, 0},
		{"empty first member", []string{", 60"}, 0},
		{"negative", []string{"-30"}, 0},
		{"signed", []string{"+30"}, 0},
		{"fraction", []string{"30.5"}, 0},
		{"word", []string{"thirty"}, 0},
		{"hexadecimal", []string{"0x1E"}, 0},
		{"two numbers", []string{"30 60"}, 0},
		{"quoted", []string{`"30"`}, 0},
		{"other digits", []string{"٣٠"}, 0},
		{"2³¹−1", []string{"2147483647"}, cache.MaxDelta - time.Second},
		{"2³¹", []string{"2147483648"}, cache.MaxDelta},
		{"2³¹+1", []string{"2147483649"}, cache.MaxDelta},
		{"2⁶⁴+1", []string{"18446744073709551617"}, cache.MaxDelta},
		{"very long", []string{"99999999999999999999999999999999999999999999999999"}, cache.MaxDelta},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := parseAge(http.Header{"Age": tt.lines}); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestDecideReadsTheDate(t *testing.T) {
	for _, tt := range []struct {
		value string
		want  time.Time
	}{
		{"Fri, 01 May 2026 12:00:00 GMT", noon},
		{"Friday, 01-May-26 12:00:00 GMT", noon},
		{"Fri May  1 12:00:00 2026", noon},
		{"", time.Time{}},
		{"yesterday", time.Time{}},
		{"0", time.Time{}},
	} {
		if got := new(Policy).Decide("/", 200, http.Header{"Date": {tt.value}}, noon).Date; !got.Equal(tt.want) {
			t.Errorf("%q: got %v, want %v", tt.value, got, tt.want)
		}
	}
}
