package proxy_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/upstream"
)

func TestWhatNeverLeftIsTriedOnceMore(t *testing.T) {
	for _, tt := range []struct {
		name   string
		sent   bool
		status int
		gets   int64
	}{
		{"refused connection", false, 200, 2},
		{"broken answer", true, 502, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newClockRig(t, &script{steps: []http.HandlerFunc{okPage("a")}})
			r.up.fails = func(n int64) error {
				if n == 1 {
					return &upstream.Error{Op: "connect", Sent: tt.sent, Err: errors.New("boom")}
				}
				return nil
			}
			if got := r.get(list); got.status != tt.status || r.up.gets.Load() != tt.gets {
				t.Errorf("%s: %d after %d tries, want %d after %d", tt.name, got.status, r.up.gets.Load(), tt.status, tt.gets)
			}
		})
	}
}

// An upstream that is down is probed gently, whatever clients ask for.
func TestAnUpstreamThatIsDownIsProbed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newClockRig(t, &script{steps: []http.HandlerFunc{okPage("a")}})
		down := true
		r.up.fails = func(int64) error {
			if down {
				return &upstream.Error{Op: "await response", Sent: true, Err: upstream.ErrTimeout}
			}
			return nil
		}
		n := 0
		ask := func() answered { n++; return r.get(page(n)) } // another resource each time
		for range 5 {
			if got := ask(); got.status != http.StatusGatewayTimeout {
				t.Errorf("status %d, want 504", got.status)
			}
		}
		before := r.up.gets.Load()
		got := ask()
		if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "again and again") || got.header.Get("Retry-After") == "" {
			t.Errorf("%d %s", got.status, got.body)
		}
		for range 3600 { // an hour of a request a second
			ask()
			time.Sleep(time.Second)
		}
		if probes := r.up.gets.Load() - before; probes < 10 || probes > 20 {
			t.Errorf("%d probes in an hour", probes)
		}
		down = false
		time.Sleep(6 * time.Minute)
		for range 3 {
			if got := ask(); got.status != 200 {
				t.Errorf("recovered: %d %s", got.status, got.body)
			}
		}
	})
}
