package rfc9111

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// near is the present of these tests.
func near() time.Time { return time.Date(2026, time.June, 1, 12, 0, 0, 0, time.UTC) }

func TestParseHTTPDate(t *testing.T) {
	example := time.Date(1994, time.November, 6, 8, 49, 37, 0, time.UTC)
	for _, tt := range []struct {
		rule, s string
		want    time.Time // zero: invalid
	}{
		{"5.6.7 IMF-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT", example},
		{"5.6.7 rfc850-date", "Sunday, 06-Nov-94 08:49:37 GMT", example},
		{"5.6.7 asctime-date", "Sun Nov  6 08:49:37 1994", example},
		{"5.6.7 asctime-date, two digits", "Sun Nov 16 08:49:37 1994", example.AddDate(0, 0, 10)},
		{"5.6.7 leap second", "Sat, 31 Dec 2016 23:59:60 GMT", time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"5.6.7 leap day", "Thu, 29 Feb 2024 00:00:00 GMT", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		{"5.6.7 another weekday", "Mon, 06 Nov 1994 08:49:37 GMT", example},
		{"RFC 9111, 4.2 any case", "sUN, 06 nOV 1994 08:49:37 gmt", example},
		{"RFC 9111, 4.2 another zone", "Sun, 06 Nov 1994 08:49:37 UTC", time.Time{}},
		{"RFC 9111, 4.2 another zone", "Sun, 06 Nov 1994 08:49:37 PST", time.Time{}},
		{"RFC 9111, 4.2 another zone", "Sunday, 06-Nov-94 08:49:37 EST", time.Time{}},
		{"5.6.7 an offset", "Sun, 06 Nov 1994 08:49:37 +0000", time.Time{}},
		{"5.5 spaces around", " \tSun, 06 Nov 1994 08:49:37 GMT ", example},
		{"5.6.7 no zone", "Sun, 06 Nov 1994 08:49:37", time.Time{}},
		{"5.6.7 no weekday", "06 Nov 1994 08:49:37 GMT", time.Time{}},
		{"5.6.7 no space", "Sun,06 Nov 1994 08:49:37 GMT", time.Time{}},
		{"5.6.7 fractions", "Sun, 06 Nov 1994 08:49:37.5 GMT", time.Time{}},
		{"5.6.7 one digit", "Sun, 6 Nov 1994 08:49:37 GMT", time.Time{}},
		{"5.6.7 one digit", "Sun, 06 Nov 1994 8:49:37 GMT", time.Time{}},
		{"5.6.7 full weekday", "Sunday, 06 Nov 1994 08:49:37 GMT", time.Time{}},
		{"5.6.7 short weekday", "Sun, 06-Nov-94 08:49:37 GMT", time.Time{}},
		{"5.6.7 no such weekday", "Son, 06 Nov 1994 08:49:37 GMT", time.Time{}},
		{"5.6.7 no such weekday", "Sonntag, 06-Nov-94 08:49:37 GMT", time.Time{}},
		{"5.6.7 no such weekday", "Son Nov  6 08:49:37 1994", time.Time{}},
		{"5.6.7 full month", "Sun, 06 November 1994 08:49:37 GMT", time.Time{}},
		{"5.6.7 no such month", "Sun, 06 Nom 1994 08:49:37 GMT", time.Time{}},
		{"5.6.7 four digits and dashes", "Sunday, 06-Nov-1994 08:49:37 GMT", time.Time{}},
		{"5.6.7 no such day", "Wed, 29 Feb 2023 00:00:00 GMT", time.Time{}},
		{"5.6.7 no such day", "Wed, 00 Nov 1994 00:00:00 GMT", time.Time{}},
		{"5.6.7 no such hour", "Sun, 06 Nov 1994 24:00:00 GMT", time.Time{}},
		{"5.6.7 no such minute", "Sun, 06 Nov 1994 08:60:00 GMT", time.Time{}},
		{"5.6.7 no such second", "Sun, 06 Nov 1994 08:49:61 GMT", time.Time{}},
		{"5.6.7 letters", "Sun, 0x Nov 1994 08:49:37 GMT", time.Time{}},
		{"5.6.7 a sign", "Sun, +6 Nov 1994 08:49:37 GMT", time.Time{}},
		{"5.6.7 letters", "Sun, 06 Nov 19x4 08:49:37 GMT", time.Time{}},
		{"5.6.7 letters", "Sun, 06 Nov 1994 08:x9:37 GMT", time.Time{}},
		{"5.6.7 letters", "Sun Nov  6 08:49:37 19x4", time.Time{}},
		{"5.6.7 points", "Sun, 06 Nov 1994 08.49.37 GMT", time.Time{}},
		{"5.6.7 seconds since 1970", "784111777", time.Time{}},
		{"5.6.7 empty", "", time.Time{}},
		{"5.6.7 zero", "0", time.Time{}},
	} {
		t.Run(tt.rule+" "+tt.s, func(t *testing.T) {
			got, ok := ParseHTTPDate(tt.s, near())
			if !got.Equal(tt.want) || ok == tt.want.IsZero() {
				t.Errorf("got %v, %t, want %v", got, ok, tt.want)
			}
			if got, ok := ParseHTTPDateLoosely(tt.s, near()); !tt.want.IsZero() && (!ok || !got.Equal(tt.want)) {
				t.Errorf("loosely: got %v, %t, want %v", got, ok, tt.want)
			}
		})
	}
}

// TestParseHTTPDateLoosely has what is read in responses alone, and what never is.
func TestParseHTTPDateLoosely(t *testing.T) {
	example := time.Date(1994, time.November, 6, 8, 49, 37, 0, time.UTC)
	for _, tt := range []struct {
		s    string
		want time.Time // zero: invalid
	}{
		{"Sun, 06 Nov 1994 8:49:37 GMT", example},
		{"Sun, 06 Nov 1994 08:49:37.5 GMT", example.Add(time.Second / 2)},
		{"Sun,  06  Nov 1994 08:49:37  GMT", example},
		{"Sunday, 06-Nov-94 8:49:37 GMT", example},
		{"Sun Nov 6 8:49:37 1994", example},
		{"Sun, 06 Nov 1994 08:49:37 PST", time.Time{}},
		{"Sun, 06 Nov 1994 08:49:37 +0000", time.Time{}},
		{"Sun, 06 Nov 1994 08.49.37 GMT", time.Time{}},
		{"06 Nov 1994 08:49:37 GMT", time.Time{}},
		{"784111777", time.Time{}},
		{"0", time.Time{}},
		{"", time.Time{}},
	} {
		t.Run(tt.s, func(t *testing.T) {
			got, ok := ParseHTTPDateLoosely(tt.s, near())
			if ok == tt.want.IsZero() || !got.Equal(tt.want) {
				t.Errorf("got %v, %t, want %v", got, ok, tt.want)
			}
			if _, ok := ParseHTTPDate(tt.s, near()); ok {
				t.Error("it is read strictly too")
			}
		})
	}
}

// TestTwoDigitYears: what seems to be more than 50 years ahead is past (RFC 9110
// §5.6.7).
func TestTwoDigitYears(t *testing.T) {
	for _, tt := range []struct {
		name string
		near time.Time
		s    string
		want int // year; 0: invalid
	}{
		{"this year", near(), "Monday, 01-Jun-26 12:00:00 GMT", 2026},
		{"to come", near(), "Monday, 01-Jun-30 12:00:00 GMT", 2030},
		{"50 years ahead", near(), "Monday, 01-Jun-76 12:00:00 GMT", 2076},
		{"50 years and a second ahead", near(), "Monday, 01-Jun-76 12:00:01 GMT", 1976},
		{"51 years ahead", near(), "Monday, 01-Jan-77 12:00:00 GMT", 1977},
		{"near the end of a century", near().AddDate(70, 0, 0), "Monday, 01-Jun-05 12:00:00 GMT", 2105},
		{"at the start of a century", near().AddDate(-26, 0, 0), "Monday, 01-Jun-99 12:00:00 GMT", 1999},
		{"a leap day in the past alone", time.Date(2051, 1, 1, 0, 0, 0, 0, time.UTC), "Tuesday, 29-Feb-00 00:00:00 GMT", 2000},
		{"a leap day in the future", time.Date(1951, 1, 1, 0, 0, 0, 0, time.UTC), "Tuesday, 29-Feb-00 00:00:00 GMT", 2000},
		{"nothing is near", time.Time{}, "Monday, 01-Jun-26 12:00:00 GMT", 2026},
		{"nothing is near, last", time.Time{}, "Monday, 31-Dec-50 00:00:00 GMT", 2050},
		{"nothing is near, first", time.Time{}, "Monday, 01-Jan-51 00:00:00 GMT", 1951},
		{"letters", near(), "Monday, 01-Jun-2x 12:00:00 GMT", 0},
		{"no day", near(), "Monday, 31-Jun-26 12:00:00 GMT", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := ParseHTTPDate(tt.s, tt.near)
			if ok != (tt.want != 0) || ok && got.Year() != tt.want {
				t.Errorf("got %v, %t, want year %d", got, ok, tt.want)
			}
		})
	}
}

// TestParseHTTPDateOfGenerated reads what the standard library writes.
func TestParseHTTPDateOfGenerated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "unix"), 0).UTC()
		layouts := []string{http.TimeFormat, "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC}
		s := want.Format(rapid.SampledFrom(layouts).Draw(t, "layout"))
		if got, ok := ParseHTTPDate(s, want.AddDate(20, 0, 0)); !ok || !got.Equal(want) {
			t.Errorf("%q: got %v, %t, want %v", s, got, ok, want)
		}
	})
}

// FuzzParseHTTPDateAgainstStandard expects every date that is read to be one that the standard
// library reads as the same, but for what we are more generous with on purpose.
func FuzzParseHTTPDateAgainstStandard(f *testing.F) {
	for _, seed := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
		"Sun, 06 Nov 1994 08:49:60 GMT", ", ", "Sun,                         ", "Monday, 29-Feb-00 00:00:00 UTC",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseHTTPDate(s, near())
		if !ok || strings.Contains(s, ":60") {
			return
		}
		name := strings.ToUpper(strings.Trim(s, " \t"))
		name = strings.Replace(name, "UTC", "GMT", 1)
		want, err := http.ParseTime(name)
		if err != nil {
			t.Fatalf("%q is read as %v, but not by the standard library: %v", s, got, err)
		}
		if century := strings.Contains(s, "-"); century && got.Year()%100 != want.Year()%100 || !century && !got.Equal(want) {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	received := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		value string
		want  time.Duration
		ok    bool
	}{
		{"3", 3 * time.Second, true}, {"0", 0, true},
		{"Sun, 01 Mar 2026 12:00:03 GMT", 3 * time.Second, true},
		{"Sun, 01 Mar 2026 11:00:00 GMT", 0, true}, // by now
		{"", 0, false}, {"soon", 0, false}, {"-1", 0, false}, {"1.5", 0, false}, {"99999999999", 0, false},
	} {
		got, ok := RetryAfter(http.Header{"Retry-After": {tt.value}}, received)
		if got != tt.want || ok != tt.ok {
			t.Errorf("%q is %s, %t; want %s, %t", tt.value, got, ok, tt.want, tt.ok)
		}
	}
}
