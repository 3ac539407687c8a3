package rfc9111

import (
	"regexp"
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "/", false},
		{"/", "", false},
		{"*", "", true},
		{"*", "/2.3.0/launches/", true},
		{"**", "", true},
		{"/2.3.0/launches/", "/2.3.0/launches/", true},
		{"/2.3.0/launches/", "/2.3.0/launches", false},
		{"/2.3.0/launches/", "/2x3.0/launches/", false},
		{"/*/launches/*", "/2.3.0/launches/", true},
		{"/*/launches/*", "/2.3.0/launches/upcoming/", true},
		{"/*/launches/*", "/2.3.0/launcher_configurations/", false},
		{"*upcoming*", "/2.3.0/events/upcoming/", true},
		{"*upcoming*", "/2.3.0/events/previous/", false},
		{"*/config/*", "/2.3.0/config/agencies/", true},
		{"/*/", "//", true},
		{"/*/", "/", false},
		{"a*b*c", "abbc", true},
		{"a*b*c", "ac", false},
		{"a*bc*c", "abc", false},
		{"a*bc*c", "abcbc", true},
		{"a*bc*c", "abcbcc", true},
		{"*aab", "aaaab", true},
		{"*aab*", "aabaab", true},
		{"A", "a", false},
		{"?", "x", false},
		{"[ab]", "a", false},
		{`\*`, `\anything`, true},
		{"%2F*", "%2Fa", true},
		{"%2F*", "/a", false},
		{"*ü", "aü", true},
		{"*\xff", "a\xfe\xff", true},
	} {
		if got := matches(tt.pattern, tt.s); got != tt.want {
			t.Errorf("matches(%q, %q): got %t, want %t", tt.pattern, tt.s, got, tt.want)
		}
	}
}

// TestMatchesIsNotExponential would not end if every '*' were widened in turn.
func TestMatchesIsNotExponential(t *testing.T) {
	if matches(strings.Repeat("a*", 40)+"b", strings.Repeat("a", 10_000)) {
		t.Error("got a match")
	}
}

// FuzzMatches compares with a regular expression. It reads every byte as a
// letter of Latin 1, so that it takes bytes that are not UTF-8 as they are.
func FuzzMatches(f *testing.F) {
	f.Add("/*/launches/*", "/2.3.0/launches/")
	f.Add("a*bc*c", "abcbc")
	f.Add("**\xff*", "\xff")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 200 || len(s) > 500 {
			t.Skip("slow for the regular expression")
		}
		parts := strings.Split(latin1(pattern), "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		want := regexp.MustCompile(`(?s)\A` + strings.Join(parts, ".*") + `\z`).MatchString(latin1(s))
		if got := matches(pattern, s); got != want {
			t.Errorf("matches(%q, %q): got %t, want %t", pattern, s, got, want)
		}
	})
}

func latin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}
