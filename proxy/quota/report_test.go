package quota

import (
	"strings"
	"testing"
	"time"
)

func TestParseReport(t *testing.T) {
	full := Report{Limit: 15, Period: time.Hour, Used: 3}
	for _, tt := range []struct {
		name, body string
		want       Report
	}{
		{"as upstream writes it", `{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":3,"next_use_secs":0,"ident":"127.0.0.1"}`, full},
		{"array of one", `[{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":3,"next_use_secs":0,"ident":"x"}]`, full},
		{"space around", "\n\t {\"your_request_limit\":15,\"limit_frequency_secs\":3600,\"current_use\":3,\"next_use_secs\":0} \r\n", full},
		{"floats", `{"your_request_limit":15.0,"limit_frequency_secs":3.6e3,"current_use":3.0,"next_use_secs":0.0}`, full},
		{"strings", `{"your_request_limit":"15","limit_frequency_secs":" 3600 ","current_use":"3.0","next_use_secs":"0"}`, full},
		{"fractions cost the caller", `{"your_request_limit":15.9,"limit_frequency_secs":3600.5,"current_use":2.1,"next_use_secs":1.25}`,
			Report{Limit: 15, Period: time.Hour + 500*time.Millisecond, Used: 3, Next: 1250 * time.Millisecond}},
		{"spent", `{"your_request_limit":3,"limit_frequency_secs":3600,"current_use":3,"next_use_secs":3599}`,
			Report{Limit: 3, Period: time.Hour, Used: 3, Next: 3599 * time.Second}},
		{"overspent", `{"your_request_limit":3,"limit_frequency_secs":60,"current_use":7,"next_use_secs":61}`,
			Report{Limit: 3, Period: time.Minute, Used: 7, Next: 61 * time.Second}},
		{"negative next", `{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":3,"next_use_secs":-12}`, full},
		{"next missing, slots free", `{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":3}`, full},
		{"next null, none free", `{"your_request_limit":3,"limit_frequency_secs":3600,"current_use":3,"next_use_secs":null}`,
			Report{Limit: 3, Period: time.Hour, Used: 3, Next: time.Hour}},
		{"not throttled", `{"your_request_limit":0,"limit_frequency_secs":3600,"current_use":0,"next_use_secs":0,"ident":"127.0.0.1"}`,
			Report{Period: time.Hour}},
		{"names are exact", `{"your_request_limit":15,"YOUR_REQUEST_LIMIT":99,"limit_frequency_secs":3600,"current_use":3}`, full},
		{"largest", `{"your_request_limit":1000000000,"limit_frequency_secs":2678400,"current_use":1e9,"next_use_secs":2678400}`,
			Report{Limit: 1e9, Period: maxPeriod, Used: 1e9, Next: maxPeriod}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseReport([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestParseReportErrors(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"nothing", " \n", "throttle report: empty"},
		{"page", "\n<!doctype html><html></html>", "throttle report: an HTML page instead of JSON"},
		{"not JSON", `{"your_request_limit":15`, "throttle report: not valid JSON"},
		{"two values", `{} {}`, "throttle report: not valid JSON"},
		{"number", `15`, "throttle report: not a JSON object"},
		{"null", `null`, "throttle report: not a JSON object"},
		{"array of a number", `[15]`, "throttle report: not a JSON object"},
		{"empty array", `[]`, "throttle report: an array of 0 elements, want 1"},
		{"array of two", `[{},{}]`, "throttle report: an array of 2 elements, want 1"},
		{"error message", `{"detail":"Not found."}`, "throttle report: your_request_limit: missing"},
		{"limit null", `{"your_request_limit":null}`, "throttle report: your_request_limit: missing"},
		{"limit negative", `{"your_request_limit":-1}`, "throttle report: your_request_limit: negative"},
		{"limit not a number", `{"your_request_limit":true}`, "throttle report: your_request_limit: not a number"},
		{"limit a list", `{"your_request_limit":[15]}`, "throttle report: your_request_limit: not a number"},
		{"limit an empty string", `{"your_request_limit":""}`, "throttle report: your_request_limit: not a number"},
		{"limit NaN", `{"your_request_limit":"NaN"}`, "throttle report: your_request_limit: not a number"},
		{"limit infinite", `{"your_request_limit":"Inf"}`, "throttle report: your_request_limit: not a number"},
		{"limit hexadecimal", `{"your_request_limit":"0x0F"}`, "throttle report: your_request_limit: not a number"},
		{"limit null in a string", `{"your_request_limit":"null"}`, "throttle report: your_request_limit: not a number"},
		{"limit absurd", `{"your_request_limit":1e10}`, "throttle report: your_request_limit: out of range"},
		{"limit beyond floats", `{"your_request_limit":1e999}`, "throttle report: your_request_limit: not a number"},
		{"period missing", `{"your_request_limit":15}`, "throttle report: limit_frequency_secs: missing"},
		{"period zero", `{"your_request_limit":15,"limit_frequency_secs":0}`, "throttle report: limit_frequency_secs: less than one second"},
		{"period absurd", `{"your_request_limit":15,"limit_frequency_secs":2678401}`, "throttle report: limit_frequency_secs: out of range"},
		{"use missing", `{"your_request_limit":15,"limit_frequency_secs":3600}`, "throttle report: current_use: missing"},
		{"use negative", `{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":-0.5}`, "throttle report: current_use: negative"},
		{"next absurd", `{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":1,"next_use_secs":1e18}`, "throttle report: next_use_secs: out of range"},
		{"next absurdly negative", `{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":1,"next_use_secs":-1e18}`, "throttle report: next_use_secs: out of range"},
		{"too long", strings.Repeat(" ", MaxReportBytes+1), "throttle report: longer than 65536 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseReport([]byte(tt.body))
			if err == nil {
				t.Fatalf("got %+v, want an error", got)
			}
			if err.Error() != tt.want {
				t.Errorf("got %q, want %q", err, tt.want)
			}
			if got != (Report{}) {
				t.Errorf("got %+v beside the error, want nothing", got)
			}
		})
	}
}

// An API key stands in ident, so that no error may repeat what the body holds,
// wherever it breaks.
func TestParseReportErrorsNeverQuote(t *testing.T) {
	for _, body := range []string{
		`{"ident":"s3cret`,
		`{"ident":s3cret}`,
		`["s3cret"]`,
		`"s3cret"`,
		`s3cret`,
		`<s3cret>`,
		`{"your_request_limit":"s3cret"}`,
		`{"your_request_limit":{"ident":"s3cret"}}`,
		`{"s3cret":1}`,
	} {
		if _, err := ParseReport([]byte(body)); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: error %v", body, err)
		}
	}
}
