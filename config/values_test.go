package config_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/config"
)

// shownAs returns how the settings in force show one of them.
func shownAs(c *config.Config, name string) string {
	_, rest, _ := strings.Cut("\n"+c.Dump(), "\n"+name+"=")
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

// problemWith returns what is wrong with a setting, "" if Load accepts it.
func problemWith(t *testing.T, entry string) string {
	t.Helper()
	_, _, err := config.Load([]string{entry})
	var fault config.Fault
	if err != nil && !errors.As(err, &fault) {
		t.Fatalf("Load of %s: %v, which is no Fault", entry, err)
	}
	return fault.Problem
}

func TestDurations(t *testing.T) {
	const day = 24 * time.Hour
	for _, tt := range []struct {
		text string
		want time.Duration
		back string // how it is shown
	}{
		{"0", 0, "0s"},
		{"0s", 0, "0s"},
		{"90s", 90 * time.Second, "1m30s"},
		{"15m", 15 * time.Minute, "15m"},
		{"1h", time.Hour, "1h"},
		{"1h30m", 90 * time.Minute, "1h30m"},
		{"1h0m5s", time.Hour + 5*time.Second, "1h5s"},
		{"100h", 100 * time.Hour, "4d4h"},
		{"24h", day, "1d"},
		{"7d", 7 * day, "1w"},
		{"1w", 7 * day, "1w"},
		{"30d", 30 * day, "30d"},
		{"1d12h", 36 * time.Hour, "1d12h"},
		{"1d10m", day + 10*time.Minute, "1d10m"},
		{"1500ms", 1500 * time.Millisecond, "1s500ms"},
		{"1y", 365 * day, "1y"},
		{"106751d23h47m16s854ms", 9223372036854 * time.Millisecond, "106751d23h47m16s854ms"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			c, _, err := config.Load([]string{"PERIGEE_STALE_IF_ERROR=" + tt.text})
			if err != nil || c.StaleIfError != tt.want {
				t.Fatalf("read as %v, %v, want %v", c, err, tt.want)
			}
			if got := shownAs(c, "PERIGEE_STALE_IF_ERROR"); got != tt.back {
				t.Errorf("shown as %q, want %q", got, tt.back)
			}
		})
	}
}

func TestDurationsRefused(t *testing.T) {
	const want = "is not a duration such as 90s, 1h30m or 7d, up to 292 years"
	for _, text := range []string{
		"-1s", "5", "1h5", "h", ".h", "1..5h", "+1h", "1h 5m", "1H", "1month", "1.5h", "1us", "1m1d",
		"9223372036854775808ms", "106752d",
		"500000d", // 64 bits would wrap to 200 years
		"100000d100000d", "99999999999999999999h",
	} {
		if got := problemWith(t, "PERIGEE_STALE_IF_ERROR="+text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func FuzzDuration(f *testing.F) {
	for _, seed := range []string{"0", "1h", "1d12h", "1.5w", "-1s", "9e9h", "1µs", "1h1h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.TrimSpace(text) == "" {
			return // has the default
		}
		c, _, err := config.Load([]string{"PERIGEE_STALE_IF_ERROR=" + text})
		if err != nil {
			return
		}
		if c.StaleIfError < 0 {
			t.Errorf("%q is read as %v, negative", text, c.StaleIfError)
		}
		shown := shownAs(c, "PERIGEE_STALE_IF_ERROR")
		if again, _, err := config.Load([]string{"PERIGEE_STALE_IF_ERROR=" + shown}); err != nil || again.StaleIfError != c.StaleIfError {
			t.Errorf("%q is read as %v, but shown as %q, which is read as %v, %v", text, c.StaleIfError, shown, again, err)
		}
		if std, err := time.ParseDuration(strings.TrimSpace(text)); err == nil && std != c.StaleIfError {
			t.Errorf("%q is read as %v, but Go says %v", text, c.StaleIfError, std)
		}
	})
}

func TestSizes(t *testing.T) {
	for _, tt := range []struct {
		text string
		want config.Size
		back string // how it is shown
	}{
		{"1048576", 1 << 20, "1MiB"},
		{"1048577", 1<<20 + 1, "1048577B"},
		{"1500000B", 1_500_000, "1500kB"},
		{"6400kB", 6_400_000, "6250KiB"},
		{"12800000", 12_800_000, "12500KiB"},
		{"10MB", 10_000_000, "10MB"},
		{"2GB", 2_000_000_000, "2GB"},
		{"1536KiB", 1536 << 10, "1536KiB"},
		{"256MiB", 256 << 20, "256MiB"},
		{"1024 MiB", 1 << 30, "1GiB"},
		{"1.5GiB", 1536 << 20, "1536MiB"},
		{"256M", 256_000_000, "256MB"},
		{"256mib", 256 << 20, "256MiB"},
		{"2048KB", 2_048_000, "2000KiB"},
		{"1TiB", 1 << 40, "1024GiB"},
		{"1125899906842624", 1 << 50, "1048576GiB"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			c, _, err := config.Load([]string{"PERIGEE_CACHE_SIZE=" + tt.text})
			if err != nil || c.CacheSize != tt.want {
				t.Fatalf("read as %v, %v, want %d", c, err, tt.want)
			}
			if got := shownAs(c, "PERIGEE_CACHE_SIZE"); got != tt.back {
				t.Errorf("shown as %q, want %q", got, tt.back)
			}
		})
	}
}

func TestSizesShown(t *testing.T) {
	for size, want := range map[config.Size]string{0: "0B", 1: "1B", 1000: "1kB", 1024: "1KiB", 1500: "1500B"} {
		if got := size.String(); got != want {
			t.Errorf("%d is shown as %q, want %q", size, got, want)
		}
	}
}

func TestSizesRefused(t *testing.T) {
	const want = "is not a size such as 64kB, 256MiB or 1GB, up to 1024 TiB"
	for _, text := range []string{
		"MiB", "-1MiB", "1QiB", "1 MiB 2", "1e9", "1..5GiB",
		"1125899906842625", "9223372036854775808", "8589934592GiB", "99999999999999999999999EiB",
	} {
		if got := problemWith(t, "PERIGEE_CACHE_SIZE="+text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func FuzzSize(f *testing.F) {
	for _, seed := range []string{"0", "65536", "256MiB", "1 GB", "-1", "8589934592GiB", "1.5kB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.TrimSpace(text) == "" {
			return // has the default
		}
		c, _, err := config.Load([]string{"PERIGEE_CACHE_SIZE=" + text})
		if err != nil {
			return
		}
		if again, _, err := config.Load([]string{"PERIGEE_CACHE_SIZE=" + c.CacheSize.String()}); err != nil || again.CacheSize != c.CacheSize {
			t.Errorf("%q is read as %d, but shown as %q, which is read as %v, %v", text, c.CacheSize, c.CacheSize, again, err)
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil && n != int64(c.CacheSize) {
			t.Errorf("%q is read as %d", text, c.CacheSize)
		}
	})
}

func TestQuota(t *testing.T) {
	for _, tt := range []struct{ text, want, problem string }{
		{"auto", "auto", ""}, {"AUTO", "auto", ""}, {"off", "off", ""},
		{"15/1h", "15/1h", ""}, {"300/1d", "300/1d", ""}, {"1/90s", "1/1m30s", ""},
		{"15", "", "is not of the form 15/1h"}, {"15 1h", "", "is not of the form 15/1h"},
		{"0/1h", "", "has a number of requests that is not from 1 to 65536"},
		{"-1/1h", "", "has a number of requests that is not from 1 to 65536"},
		{"99999/1h", "", "has a number of requests that is not from 1 to 65536"},
		{"15/hour", "", "has a period that is not from 1s to 31d"},
		{"15/1ms", "", "has a period that is not from 1s to 31d"},
		{"15/32d", "", "has a period that is not from 1s to 31d"},
	} {
		entry := "PERIGEE_QUOTA=" + tt.text
		if problem := problemWith(t, entry); problem != tt.problem {
			t.Errorf("%s: %q, want %q", entry, problem, tt.problem)
		}
		if tt.problem != "" {
			continue
		}
		if c, _, err := config.Load([]string{entry}); err != nil || c.Quota.String() != tt.want {
			t.Errorf("%s: %v, %v; want %s", entry, c, err, tt.want)
		}
	}
}
