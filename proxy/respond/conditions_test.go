package respond

import (
	"net/http"
	"testing"
	"time"
)

const (
	modified = "Sun, 06 Nov 1994 08:49:37 GMT"
	earlier  = "Sun, 06 Nov 1994 08:49:36 GMT"
	later    = "Sun, 06 Nov 1994 08:49:38 GMT"
	answered = "Sun, 06 Nov 1994 10:00:00 GMT"
)

// date reads a date in the form that Go writes.
func date(t testing.TB, s string) time.Time {
	t.Helper()
	d, err := time.Parse(http.TimeFormat, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sample is a representation of ten bytes with both validators, both strong.
func sample(t testing.TB) Representation {
	return Representation{ETag: `"a"`, LastModified: modified, Date: date(t, answered), MediaType: "text/plain", Length: 10}
}

// header makes a header of name, value, name, value, ….
func header(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// row is one request for the sample, and the rule that decides it.
type row struct {
	rule string // section of RFC 9110, unless it says otherwise
	name string
	get  http.Header
	want int
}

func testRows(t *testing.T, rep Representation, rows []row) {
	for _, tt := range rows {
		t.Run(tt.rule+" "+tt.name, func(t *testing.T) {
			if got := Select(http.MethodGet, tt.get, rep).Status; got != tt.want {
				t.Errorf("got status %d, want %d", got, tt.want)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	testRows(t, sample(t), []row{
		{"13.1.1", "If-Match names it", header("If-Match", `"b", "a"`), 200},
		{"13.1.1", "If-Match names others", header("If-Match", `"b", "c"`), 412},
		{"13.1.1", "If-Match with *", header("If-Match", "*"), 200},
		{"13.1.1", "If-Match compares strongly", header("If-Match", `W/"a"`), 412},
		{"13.1.1", "If-Match that is empty", header("If-Match", ""), 412},
		{"13.1.2", "If-None-Match names it", header("If-None-Match", `"b", "a"`), 304},
		{"13.1.2", "If-None-Match names others", header("If-None-Match", `"b", "c"`), 200},
		{"13.1.2", "If-None-Match with *", header("If-None-Match", "*"), 304},
		{"13.1.2", "If-None-Match compares weakly", header("If-None-Match", `W/"a"`), 304},
		{"13.1.2", "If-None-Match on several lines", header("If-None-Match", `"b"`, "If-None-Match", `"a"`), 304},
		{"13.1.3", "modified then", header("If-Modified-Since", modified), 304},
		{"13.1.3", "not modified since", header("If-Modified-Since", later), 304},
		{"13.1.3", "modified since", header("If-Modified-Since", earlier), 200},
		{"13.1.3", "a date still to come is a date", header("If-Modified-Since", "Wed, 01 Jan 3000 00:00:00 GMT"), 304},
		{"13.1.3", "no date", header("If-Modified-Since", "yesterday"), 200},
		{"13.1.3", "two dates", header("If-Modified-Since", later, "If-Modified-Since", later), 200},
		{"13.1.4", "not modified since", header("If-Unmodified-Since", modified), 200},
		{"13.1.4", "modified since", header("If-Unmodified-Since", earlier), 412},
		{"13.1.4", "no date", header("If-Unmodified-Since", "yesterday"), 200},
		{"13.1.4", "two dates", header("If-Unmodified-Since", earlier, "If-Unmodified-Since", earlier), 200},
	})
}

// TestPrecedence has a row for each step of §13.2.2 that looks past another.
func TestPrecedence(t *testing.T) {
	testRows(t, sample(t), []row{
		{"13.2.2", "step 1 fails before 3 is looked at",
			header("If-Match", `"b"`, "If-None-Match", `"a"`), 412},
		{"13.2.2", "step 1 holds and 3 is looked at",
			header("If-Match", `"a"`, "If-None-Match", `"a"`), 304},
		{"13.2.2", "step 1 holds and 2 is passed over",
			header("If-Match", `"a"`, "If-Unmodified-Since", earlier), 200},
		{"13.2.2", "step 2 fails before 3 is looked at",
			header("If-Unmodified-Since", earlier, "If-None-Match", `"a"`), 412},
		{"13.2.2", "step 2 holds and 4 is looked at",
			header("If-Unmodified-Since", later, "If-Modified-Since", later), 304},
		{"13.2.2", "step 3 holds and 4 is passed over",
			header("If-None-Match", `"b"`, "If-Modified-Since", later), 200},
		{"13.2.2", "step 3 fails whatever 4 says",
			header("If-None-Match", `"a"`, "If-Modified-Since", earlier), 304},
		{"13.2.2", "step 3 with nothing in it, 4 is passed over all the same",
			header("If-None-Match", "", "If-Modified-Since", later), 200},
		{"13.2.2", "step 3 fails before 5 is looked at",
			header("If-None-Match", `"a"`, "Range", "bytes=0-1"), 304},
		{"13.2.2", "step 1 fails before the range is found unsatisfiable",
			header("If-Match", `"b"`, "Range", "bytes=99-"), 412},
		{"13.2.2", "step 5 after 3",
			header("If-None-Match", `"b"`, "If-Range", `"a"`, "Range", "bytes=0-1"), 206},
	})
}

func TestIfRange(t *testing.T) {
	ranged := func(lines ...string) http.Header {
		return http.Header{"Range": {"bytes=0-1"}, "If-Range": lines}
	}
	testRows(t, sample(t), []row{
		{"13.1.5", "the same tag", ranged(`"a"`), 206},
		{"13.1.5", "another tag", ranged(`"b"`), 200},
		{"13.1.5", "a weak tag", ranged(`W/"a"`), 200},
		{"13.1.5", "* is no tag", ranged("*"), 200},
		{"13.1.5", "a list is no tag", ranged(`"a", "b"`), 200},
		{"13.1.5", "two lines", ranged(`"a"`, `"a"`), 200},
		{"13.1.5", "empty", ranged(""), 200},
		{"13.1.5", "the same date", ranged(modified), 206},
		{"13.1.5", "the same date in another form", ranged("Sunday, 06-Nov-94 08:49:37 GMT"), 206},
		{"13.1.5", "a later date is not the same", ranged(later), 200},
		{"13.1.5", "an earlier date", ranged(earlier), 200},
		{"13.1.5", "without Range it means nothing", header("If-Range", `"b"`), 200},
		{"14.2", "it holds and the range is unsatisfiable", header("If-Range", `"a"`, "Range", "bytes=10-"), 416},
		{"13.1.5", "it does not hold and the range is unsatisfiable", header("If-Range", `"b"`, "Range", "bytes=10-"), 200},
	})
}

// TestValidators has the representations that lack a validator, or have one that
// is worth less.
func TestValidators(t *testing.T) {
	none := Representation{Length: 10}
	undated := sample(t)
	undated.LastModified = ""
	weak := sample(t)
	weak.ETag = `W/"a"`
	garbled := sample(t)
	garbled.LastModified = "yesterday"
	sameSecond := sample(t)
	sameSecond.Date = date(t, modified)
	nextSecond := sample(t)
	nextSecond.Date = date(t, later)
	for _, tt := range []struct {
		rep Representation
		row
	}{
		{none, row{"13.1.1", "without a tag, * still holds", header("If-Match", "*"), 200}},
		{none, row{"13.1.1", "without a tag, none is named", header("If-Match", `"a"`), 412}},
		{none, row{"13.1.2", "without a tag, * still matches", header("If-None-Match", "*"), 304}},
		{none, row{"13.1.2", "without a tag, none is named", header("If-None-Match", `"", "a"`), 200}},
		{none, row{"13.1.3", "without any date", header("If-Modified-Since", later), 200}},
		{none, row{"13.1.4", "without a date", header("If-Unmodified-Since", earlier), 200}},
		{none, row{"13.1.5", "without a tag", header("Range", "bytes=0-1", "If-Range", `"a"`), 200}},
		{none, row{"13.1.5", "without a date", header("Range", "bytes=0-1", "If-Range", modified), 200}},
		{undated, row{"RFC 9111, 4.3.2", "the answer's own date", header("If-Modified-Since", answered), 304}},
		{undated, row{"RFC 9111, 4.3.2", "before the answer's own date", header("If-Modified-Since", later), 200}},
		{undated, row{"13.1.4", "the answer's own date does not count", header("If-Unmodified-Since", earlier), 200}},
		{weak, row{"13.1.1", "a weak tag is not named strongly", header("If-Match", `W/"a"`), 412}},
		{weak, row{"13.1.2", "a weak tag is named weakly", header("If-None-Match", `"a"`), 304}},
		{weak, row{"13.1.5", "a weak tag is good for no range", header("Range", "bytes=0-1", "If-Range", `W/"a"`), 200}},
		{garbled, row{"13.1.3", "a date that is none", header("If-Modified-Since", later), 200}},
		{garbled, row{"13.1.4", "a date that is none", header("If-Unmodified-Since", earlier), 200}},
		{garbled, row{"13.1.5", "a date that is none", header("Range", "bytes=0-1", "If-Range", "yesterday"), 200}},
		{sameSecond, row{"8.8.2.2", "changed in the second of the answer", header("Range", "bytes=0-1", "If-Range", modified), 200}},
		{nextSecond, row{"8.8.2.2", "changed a second before", header("Range", "bytes=0-1", "If-Range", modified), 206}},
	} {
		testRows(t, tt.rep, []row{tt.row})
	}
}

// TestIfModifiedSinceWholeSeconds: a client can only repeat the seconds of the
// date of an answer, and must not be told that it was changed by their fraction.
func TestIfModifiedSinceWholeSeconds(t *testing.T) {
	rep := Representation{Date: date(t, answered).Add(999 * time.Millisecond)}
	if got, want := Select(http.MethodGet, header("If-Modified-Since", answered), rep).Status, 304; got != want {
		t.Errorf("got status %d, want %d", got, want)
	}
}

func TestMethods(t *testing.T) {
	for _, tt := range []struct {
		rule, method string
		request      http.Header
		want         int
	}{
		{"13.1.2", "HEAD", header("If-None-Match", `"a"`), 304},
		{"13.1.3", "HEAD", header("If-Modified-Since", modified), 304},
		{"13.1.1", "HEAD", header("If-Match", `"b"`), 412},
		{"14.2", "HEAD", header("Range", "bytes=0-1"), 200},
		{"14.2", "HEAD", header("Range", "bytes=99-"), 200},
		{"13.2.1", "OPTIONS", header("If-None-Match", `"a"`), 200},
		{"13.2.1", "POST", header("If-Match", `"b"`), 200},
		{"14.2", "POST", header("Range", "bytes=0-1"), 200},
	} {
		t.Run(tt.rule+" "+tt.method, func(t *testing.T) {
			if got := Select(tt.method, tt.request, sample(t)).Status; got != tt.want {
				t.Errorf("got status %d, want %d", got, tt.want)
			}
		})
	}
}
