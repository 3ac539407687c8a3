package respond

import (
	"testing"
	"time"
)

func TestProblemBody(t *testing.T) {
	got := string((&Problem{Status: 429, Detail: `say "when"`}).Body())
	want := `{"type":"about:blank","title":"Too Many Requests","status":429,"detail":"say \"when\""}` + "\n"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSeconds(t *testing.T) {
	for _, tt := range []struct {
		d    time.Duration
		want string
	}{{0, "0"}, {-time.Hour, "0"}, {1, "1"}, {time.Second, "1"}, {time.Second + 1, "2"}, {time.Hour, "3600"}} {
		if got := Seconds(tt.d); got != tt.want {
			t.Errorf("Seconds(%s) = %s, want %s", tt.d, got, tt.want)
		}
	}
}
