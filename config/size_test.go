package config_test

import (
	"math"
	"testing"

	"perigee/config"
)

func TestParseSize(t *testing.T) {
	tests := []struct {
		text string
		want config.Size
		back string // what String makes of it
	}{
		{"0", 0, "0B"},
		{"1", 1, "1B"},
		{"1000", 1000, "1kB"},
		{"1024", 1024, "1KiB"},
		{"1500B", 1500, "1500B"},
		{"64kB", 64_000, "64kB"},
		{"128kB", 128_000, "125KiB"},
		{"10MB", 10_000_000, "10MB"},
		{"2GB", 2_000_000_000, "2GB"},
		{"1536KiB", 1536 << 10, "1536KiB"},
		{"256MiB", 256 << 20, "256MiB"},
		{"1024 MiB", 1 << 30, "1GiB"},
		{"9223372036854775807", math.MaxInt64, "9223372036854775807B"},
		{"8589934591GiB", 8589934591 << 30, "8589934591GiB"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := config.ParseSize(tt.text)
			if err != nil || got != tt.want {
				t.Fatalf("ParseSize = %d, %v, want %d", got, err, tt.want)
			}
			if got.String() != tt.back {
				t.Errorf("String = %q, want %q", got, tt.back)
			}
		})
	}
}

func TestParseSizeRefuses(t *testing.T) {
	const units = ", which is none of B, kB, MB, GB, KiB, MiB, GiB"
	tests := []struct{ text, want string }{
		{"", "does not begin with a whole number"},
		{"MiB", "does not begin with a whole number"},
		{"-1MiB", "does not begin with a whole number"},
		{"1.5GiB", `has the unit ".5GiB"` + units},
		{"1M", `has the unit "M"` + units},
		{"1mib", `has the unit "mib"` + units},
		{"1KB", `has the unit "KB"` + units},
		{"1TiB", `has the unit "TiB"` + units},
		{"9223372036854775808", "is larger than any memory"},
		{"8589934592GiB", "is larger than any memory"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := config.ParseSize(tt.text)
			if err == nil || err.Error() != tt.want {
				t.Errorf("ParseSize = %d, %v, want error %q", got, err, tt.want)
			}
		})
	}
}

func FuzzParseSize(f *testing.F) {
	for _, seed := range []string{"0", "65536", "256MiB", "1 GB", "-1", "8589934592GiB", "1.5kB"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := config.ParseSize(text)
		if err != nil {
			return
		}
		if s < 0 {
			t.Errorf("ParseSize(%q) = %d, negative", text, s)
		}
		if again, err := config.ParseSize(s.String()); err != nil || again != s {
			t.Errorf("ParseSize(%q) = %d, but of its String %q: %d, %v", text, s, s, again, err)
		}
	})
}
