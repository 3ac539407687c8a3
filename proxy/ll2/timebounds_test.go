package ll2_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/proxy/ll2"
	"perigee/proxy/ll2/ll2test"
)

func TestMovedTimeBounds(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 34, 56, 789_000_000, time.UTC)
	const launches = "/2.3.0/launches/"
	for _, tt := range []struct {
		reason, path, query string
		want                string // the query; empty: not moved
	}{
		{"milliseconds", launches, "net__gte=2026-03-01T12:34:56.789Z", "net__gte=2026-03-01T12:00:00Z"},
		{"seconds", launches, "net__gte=2026-03-01T12:34:50Z", "net__gte=2026-03-01T12:00:00Z"},
		{"microseconds without a zone, as the tutorial sends", launches, "net__gte=2026-01-29T12:34:56.123456&net__lte=2026-03-01T12:34:56.123456",
			"net__gte=2026-01-29T12:00:00&net__lte=2026-03-01T12:00:00"},
		{"another zone", launches, "net__gte=2026-03-01T14:34:56%2B02:00", "net__gte=2026-03-01T12:00:00Z"},
		{"a fraction only", launches, "net__gte=2026-03-01T12:34:00.5Z", "net__gte=2026-03-01T12:00:00Z"},
		{"an upper bound", launches, "net__lte=2026-03-01T12:34:56Z", "net__lte=2026-03-01T12:00:00Z"},
		{"the far end of a span moves by as much", launches, "net__gte=2026-03-01T12:34:56.7Z&net__lte=2026-03-31T11:34:56.7Z",
			"net__gte=2026-03-01T12:00:00Z&net__lte=2026-03-31T11:00:00Z"},
		{"the far end alone is near", launches, "net__gte=2026-01-29T12:34:56Z&net__lte=2026-03-01T12:34:56Z&mode=detailed",
			"mode=detailed&net__gte=2026-01-29T12:00:00Z&net__lte=2026-03-01T12:00:00Z"},
		{"a bound of another moment stays", launches, "net__gte=2026-03-01T12:34:56Z&window_start__lte=2027-01-01T01:02:03Z",
			"net__gte=2026-03-01T12:00:00Z&window_start__lte=2027-01-01T01:02:03Z"},
		{"a round bound stays", launches, "net__gte=2026-03-01T12:34:56Z&net__lte=2027-01-01T00:00:00Z",
			"net__gte=2026-03-01T12:00:00Z&net__lte=2027-01-01T00:00:00Z"},
		{"two minutes ago", launches, "net__gte=2026-03-01T12:32:57Z", "net__gte=2026-03-01T12:00:00Z"},
		{"just two minutes ago", launches, "net__gte=2026-03-01T12:32:56.789Z", "net__gte=2026-03-01T12:00:00Z"},
		{"another fraction is another moment", launches, "net__gte=2026-03-01T12:34:56.7Z&net__lte=2026-03-31T12:34:56.1Z",
			"net__gte=2026-03-01T12:00:00Z&net__lte=2026-03-31T12:34:56.1Z"},
		{"in two minutes", launches, "net__gte=2026-03-01T12:36:56Z", "net__gte=2026-03-01T12:00:00Z"},
		{"offset spelled out as none", launches, "net__gte=2026-03-01T12:34:56Z&offset=0&limit=5", "limit=5&net__gte=2026-03-01T12:00:00Z"},
		{"events by date", "/2.3.0/events/", "date__gte=2026-03-01T12:34:56Z", "date__gte=2026-03-01T12:00:00Z"},
		{"no table", "/2.2.0/launch/", "net__gte=2026-03-01T12:34:56Z&lsp__id=121", "lsp__id=121&net__gte=2026-03-01T12:00:00Z"},
		{"no table, the window", "/2.2.0/launch/upcoming", "window_start__lte=2026-03-01T12:34:56.1Z", "window_start__lte=2026-03-01T12:00:00Z"},

		{"longer ago", launches, "net__gte=2026-03-01T12:32:56Z", ""},
		{"further ahead", launches, "net__gte=2026-03-01T12:36:57Z", ""},
		{"local time of a client elsewhere", launches, "net__gte=2026-03-01T13:34:56.789", ""},
		{"a whole minute", launches, "net__gte=2026-03-01T12:34:00Z", ""},
		{"a whole minute with zeros", launches, "net__gte=2026-03-01T12:34:00.000Z", ""},
		{"a date", launches, "net__gte=2026-03-01", ""},
		{"a space for the T", launches, "net__gte=2026-03-01%2012:34:56", ""},
		{"a plus that arrives as a space", launches, "net__gte=2026-03-01T12:34:56+00:00", ""},
		{"greater than: a cursor", launches, "net__gt=2026-03-01T12:34:56Z", ""},
		{"less than: a cursor", launches, "net__lt=2026-03-01T12:34:56Z&ordering=-net", ""},
		{"with a cursor of the same moment nothing is gained", launches, "net__gte=2026-03-01T12:34:56Z&net__lt=2026-03-08T12:34:56Z", ""},
		{"what changed since: a cursor", launches, "last_updated__gte=2026-03-01T12:34:56Z", ""},
		{"a second page", launches, "net__gte=2026-03-01T12:34:56Z&offset=10", ""},
		{"a parameter that is not known", launches, "date__gte=2026-03-01T12:34:56Z", ""},
		{"a text", launches, "name=2026-03-01T12:34:56Z&video_url=te=", ""},
		{"no table: a name that is not sure", "/2.2.0/event/", "date__gte=2026-03-01T12:34:56Z", ""},
		{"no table: sent twice", "/2.2.0/launch/", "net__gte=2026-03-01T12:34:56Z&net__gte=2026-03-01T12:34:56Z", ""},
		{"a parameter that is a date", "/2.3.0/astronauts/", "date_of_death__lte=2026-03-01T12:34:56Z", ""},
		{"an object", "/2.3.0/launches/e3df2ecd-c239-472f-95e4-2b89b4f75800/", "net__gte=2026-03-01T12:34:56Z", ""},
		{"no bound", launches, "", ""},
	} {
		res := ll2test.Resolve(t, tt.path, tt.query, "*/*")
		moved, ok := res.Moved(now, time.Hour)
		if ok != (tt.want != "") || ok && strings.ReplaceAll(moved.Query, "%3A", ":") != tt.want {
			t.Errorf("%s: moved to %q, %v, want %q", tt.reason, moved.Query, ok, tt.want)
		}
		if ok {
			checkMoved(t, res, &moved)
		}
	}
}

// checkMoved checks that what is moved resolves to itself and is read by clients as
// their own.
func checkMoved(t ll2test.TB, res, moved *ll2.Resource) {
	t.Helper()
	if again := ll2test.Resolve(t, moved.Path, moved.Query, moved.Accept); again.Key != moved.Key || again.Page != moved.Page || again.Mode != moved.Mode {
		t.Fatalf("moved to %+v, resolved again %+v", moved, again)
	}
	got, _ := moved.Next(ll2test.Local, 1000)
	if want, _ := res.Next(ll2test.Local, 1000); got != want {
		t.Fatalf("next is %s, want the client's own %s", got, want)
	}
}

func TestMovedByTheInterval(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 34, 56, 0, time.UTC)
	res := ll2test.Resolve(t, "/2.3.0/launches/", "net__gte=2026-03-01T12:34:56Z", "*/*")
	for _, tt := range []struct {
		interval time.Duration
		want     string
	}{
		{15 * time.Minute, "12:30:00Z"}, {24 * time.Hour, "00:00:00Z"}, {90 * time.Second, "12:34:30Z"},
		{time.Second, ""}, {0, ""}, {-time.Hour, ""},
	} {
		moved, ok := res.Moved(now, tt.interval)
		if got := strings.ReplaceAll(strings.TrimPrefix(moved.Query, "net__gte=2026-03-01T"), "%3A", ":"); got != tt.want || ok != (tt.want != "") {
			t.Errorf("interval %v: %q, %v, want %q", tt.interval, got, ok, tt.want)
		}
	}
}

// All polls of an interval are one resource, of which the bound is never later
// than what the client sent, nor earlier by more than an interval.
func TestPollsOfAnIntervalAreOneResource(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		interval := time.Duration(rapid.IntRange(1, 120).Draw(t, "minutes")) * time.Minute
		begin := ll2test.Noon().Truncate(interval)
		keys := map[string]bool{}
		for range 2 {
			after := time.Duration(rapid.Int64Range(0, int64(interval)-1).Draw(t, "after")).Truncate(time.Microsecond)
			sent := begin.Add(after)
			if sent.Second() == 0 && sent.Nanosecond() == 0 {
				continue
			}
			query := "net__gte=" + sent.Format("2006-01-02T15:04:05.000000Z") + "&net__lte=" + sent.AddDate(0, 0, 30).Format("2006-01-02T15:04:05.000000")
			res := ll2test.Resolve(t, "/2.3.0/launches/", query, "*/*")
			moved, ok := res.Moved(sent.Add(time.Duration(rapid.IntRange(-119, 119).Draw(t, "clock"))*time.Second), interval)
			if !ok {
				t.Fatalf("?%s is not moved", query)
			}
			checkMoved(t, res, &moved)
			values, _ := url.ParseQuery(moved.Query)
			bound, err := time.Parse(time.RFC3339Nano, values.Get("net__gte"))
			if err != nil || !bound.Equal(begin) {
				t.Fatalf("?%s is moved to %s (%v), want %s", query, bound, err, begin)
			}
			keys[moved.Key] = true
			if _, again := moved.Moved(sent, interval); again {
				t.Fatalf("?%s is moved again", moved.Query)
			}
		}
		if len(keys) > 1 {
			t.Fatalf("%d resources: %v", len(keys), keys)
		}
	})
}

// FuzzMoved checks that a query is moved only as a whole: parameters stay, and so
// does everything that is no bound near now.
func FuzzMoved(f *testing.F) {
	f.Add("net__gte=2026-03-01T12:00:01.5Z&net__lte=2026-03-31T12:00:01.5&limit=5", int64(3600))
	f.Add("window_end__lte=2026-03-01T13:59:59%2B02:00&net__lt=2026-03-01T12:00:00", int64(7))
	f.Add("net__gte=0001-01-01T00:00:01Z&net__gte=9999-12-31T23:59:59.999999Z", int64(1<<40))
	f.Fuzz(func(t *testing.T, query string, seconds int64) {
		for _, path := range []string{"/2.3.0/launches/", "/2.2.0/launch/"} {
			res, err := ll2.Resolve(ll2.Request{Path: path, Query: query, Accept: []string{"*/*"}}, ll2.Options{})
			if err != nil {
				return
			}
			moved, ok := res.Moved(ll2test.Noon(), time.Duration(seconds)*time.Second)
			if !ok {
				continue
			}
			checkMoved(t, &res, &moved)
			before, after := strings.Split(res.Query, "&"), strings.Split(moved.Query, "&")
			if len(before) != len(after) {
				t.Fatalf("?%s is moved to ?%s", res.Query, moved.Query)
			}
			for i := range before {
				name, _, _ := strings.Cut(before[i], "=")
				if !strings.HasPrefix(after[i], name+"=") || before[i] != after[i] && !strings.HasSuffix(name, "te") {
					t.Fatalf("?%s is moved to ?%s", res.Query, moved.Query)
				}
			}
		}
	})
}

func BenchmarkMoved(b *testing.B) {
	now := time.Date(2026, 3, 1, 12, 34, 56, 0, time.UTC)
	for _, bb := range []struct{ name, query string }{
		{"no bound", "limit=5&mode=detailed"}, {"moved", "net__gte=2026-03-01T12:34:56.1Z&net__lte=2026-03-31T12:34:56.1Z"},
	} {
		res := ll2test.Resolve(b, "/2.3.0/launches/", bb.query, "*/*")
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				res.Moved(now, time.Hour)
			}
		})
	}
}
