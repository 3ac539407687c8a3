package rfc9111

import (
	"testing"
	"time"

	"perigee/cache"
)

// FuzzSharedDecide: whatever upstream sends, the times are in order and in bounds.
func FuzzSharedDecide(f *testing.F) {
	f.Add("max-age=60, stale-if-error=5", "", "", "", "7", "")
	f.Add("", `max-age=9, x="y"`, "max-age=9;me", "Sunday, 18-Aug-30 02:01:18 GMT", "0, 0", "Sun Aug 18 02:01:18 2030")
	f.Add(`no-cache="`, "max-age=999999999999999", "max-age=1+2", "0", "-1", "x")
	f.Fuzz(func(t *testing.T, cc, cdn, surrogate, expires, age, date string) {
		x := exchanged(200, "Cache-Control", cc, "Cdn-Cache-Control", cdn, "Surrogate-Control", surrogate,
			"Expires", expires, "Age", age, "Date", date, "Etag", `"x"`)
		j := (&Shared{StaleIfError: time.Hour, Surrogate: "me"}).Decide(x)
		switch {
		case j.Store != (j.Reason == ""):
			t.Errorf("stored %t because of %q", j.Store, j.Reason)
		case !j.Store:
		case j.Lifetime < 0 || j.Lifetime > cache.MaxDelta || j.Age < 0 || j.Age > cache.MaxDelta:
			t.Errorf("lifetime %v, age %v", j.Lifetime, j.Age)
		case j.FreshUntil.After(noon.Add(j.Lifetime)), j.StaleWhileRevalidateUntil.Before(j.FreshUntil),
			j.StaleIfErrorUntil.Before(j.FreshUntil):
			t.Errorf("times in disorder: %+v", j)
		}
	})
}

// FuzzParseRequest: a request cannot make a stale answer fresh.
func FuzzParseRequest(f *testing.F) {
	f.Add("max-age=0, min-fresh=5", "no-cache")
	f.Add(`max-stale="5`, "")
	f.Fuzz(func(t *testing.T, cc, pragma string) {
		w := ParseRequest(fields("Cache-Control", cc, "Pragma", pragma))
		e, now := entryAged(80 * time.Second)
		if got := w.Reuse(e, ReuseRules{NeverStale: true}, now); got != Validate && got != ValidateRequested {
			t.Errorf("got %d", got)
		}
	})
}

// FuzzParseHTTPDate: what is read can be written, and reads the same again.
func FuzzParseHTTPDate(f *testing.F) {
	f.Add("Sun, 18 Aug 2030 02:01:18 GMT")
	f.Add("Sunday, 18-Aug-30 02:01:18 GMT")
	f.Add("Sun Aug 18 02:01:18 2030")
	f.Fuzz(func(t *testing.T, s string) {
		date, ok := ParseHTTPDate(s, noon)
		if !ok {
			return
		}
		written := date.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
		if again, ok := ParseHTTPDate(written, noon); !ok || again.Unix() != date.Unix() {
			t.Errorf("%q: %v, then %q: (%v, %t)", s, date, written, again, ok)
		}
	})
}
