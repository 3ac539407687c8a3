package quota

import (
	"strings"
	"testing"
	"time"
)

// FuzzParseReport holds that no input panics, that what is accepted lies within
// its bounds, and that no error grows with the input.
func FuzzParseReport(f *testing.F) {
	for _, seed := range []string{
		`{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":3,"next_use_secs":0,"ident":"127.0.0.1"}`,
		`[{"your_request_limit":"15","limit_frequency_secs":3.6e3,"current_use":3.5,"next_use_secs":-1}]`,
		`{"your_request_limit":1e9,"limit_frequency_secs":1,"current_use":1e9}`,
		`{"detail":"Not found."}`,
		`<html>`, `[]`, `null`, `"x"`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ParseReport(body)
		if err != nil {
			if r != (Report{}) {
				t.Errorf("%+v beside the error %v", r, err)
			}
			if !strings.HasPrefix(err.Error(), "throttle report: ") || len(err.Error()) > 100 {
				t.Errorf("error %q", err)
			}
			return
		}
		if r.Limit < 0 || r.Limit > maxRequests || r.Used < 0 || r.Used > maxRequests {
			t.Errorf("counts out of range: %+v", r)
		}
		if r.Period < time.Second || r.Period > maxPeriod || r.Next < 0 || r.Next > maxPeriod {
			t.Errorf("times out of range: %+v", r)
		}
	})
}
