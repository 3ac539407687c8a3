package collection

import (
	"testing"
	"time"

	"perigee/proxy/ll2"
)

// The test is within the package: widths has no other door than a whole proxy.
func TestWidths(t *testing.T) {
	var w widths
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	after := func(d time.Duration) time.Time { return start.Add(d) }
	res, err := ll2.Resolve(ll2.Request{Path: "/2.3.0/spacecraft/"}, ll2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	check := func(at time.Time, want int, wantOK bool) {
		t.Helper()
		if got, ok := w.of(&res, at); ok != wantOK || ok && got != want {
			t.Errorf("after %s: %d, %t; want %d, %t", at.Sub(start), got, ok, want, wantOK)
		}
	}
	check(start, 0, false)
	if !w.narrow(allLists, &res, 100, 100, start) {
		t.Error("the first time is no news")
	}
	check(start, 50, true)
	if w.narrow(allLists, &res, 100, 100, start) {
		t.Error("what was asked for at the same time narrows it twice")
	}
	check(start, 50, true)
	w.narrow(allLists, &res, 50, 100, after(time.Minute))
	check(after(time.Minute), 25, true)
	w.widen(&res, 25) // narrower than what failed: it proves nothing
	check(after(time.Minute), 25, true)
	for range 3 {
		w.narrow(allLists, &res, 25, 100, after(time.Minute))
		w.narrow(allLists, &res, 12, 100, after(time.Minute))
	}
	check(after(2*time.Minute), 0, true)
	check(after(11*time.Minute), 0, false) // wide ones are tried again

	w.narrow(allLists, &res, 100, 40, after(11*time.Minute)) // upstream has sent 40 only
	check(after(11*time.Minute), 40, true)
	check(after(30*time.Minute), 40, true) // twice as long
	check(after(31*time.Minute), 0, false)
	w.narrow(allLists, &res, 100, 40, after(31*time.Minute))
	w.widen(&res, 100)
	check(after(31*time.Minute), 0, false)
	w.narrow(allLists, &res, 100, 40, after(31*time.Minute))
	check(after(42*time.Minute), 0, false) // the time began anew

	// What fails with one filter says nothing of the others.
	filtered, err := ll2.Resolve(ll2.Request{Path: "/2.3.0/spacecraft/", Query: "search=dragon"}, ll2.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w = widths{}
	w.narrow(oneList, &filtered, 100, 100, start)
	check(start, 0, false)
	if got, ok := w.of(&filtered, start); got != 50 || !ok {
		t.Errorf("the list that failed: %d, %t", got, ok)
	}
	w.narrow(allLists, &res, 100, 20, start)
	if got, _ := w.of(&filtered, start); got != 20 {
		t.Errorf("a list of an endpoint that sends 20: %d", got)
	}
}
