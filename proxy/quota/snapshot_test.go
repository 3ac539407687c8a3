package quota

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"testing"
	"time"
)

// lively is a broker with some of everything.
func lively(t *testing.T) *harness {
	d := newHarness(t, 15, limits{reserve: 1})
	d.spend("a", 3)
	d.now = d.now.Add(time.Minute)
	shared := d.request(Waiting, 0, "a", "b", "c")
	d.ask(shared, d.now)
	d.answered(shared, shared.slot, d.now.Add(2*time.Second), d.now.Add(3*time.Second))
	d.now = d.now.Add(10 * time.Second)
	d.learn(Report{Limit: 15, Period: time.Hour, Used: 6}, d.now, d.now, d.now)
	d.now = d.now.Add(time.Second)
	lost := d.request(Refresh, 0)
	d.ask(lost, d.now)
	d.sent(lost.slot, d.now)
	d.lose(lost, lost.slot, d.now)
	d.ask(d.request(Stale, 0, "d"), d.now) // stays under way
	d.now = d.now.Add(time.Minute)
	return d
}

func TestSnapshot(t *testing.T) {
	d := lively(t)
	data := d.save(d.now, d.now)
	for _, tt := range []struct {
		down time.Duration
		want Stats // Waiting and Clients aside
	}{
		{down: 0, want: Stats{Own: 6, Foreign: 2}},
		{down: -time.Hour, want: Stats{Own: 6, Foreign: 2}},
		{down: 56 * time.Minute, want: Stats{Own: 6, Foreign: 2}},
		{down: 58 * time.Minute, want: Stats{Own: 3, Foreign: 2}},
		{down: time.Hour, want: Stats{Own: 1}},
		{down: 400 * 24 * time.Hour, want: Stats{Own: 1}}, // it may have been sent just now
	} {
		next := newHarness(t, 15, limits{reserve: 1})
		next.now = at(-1000 * time.Hour) // the other process's clock is of no consequence
		next.broker = newBroker(newBudget(15, time.Hour, next.now), limits{reserve: 1})
		if err := next.restore(data, next.now, d.now.Add(tt.down)); err != nil {
			t.Fatal(err)
		}
		got := next.stats(next.now)
		if got.Own != tt.want.Own || got.Foreign != tt.want.Foreign {
			t.Errorf("after %v: %d own, %d foreign, want %d, %d", tt.down, got.Own, got.Foreign, tt.want.Own, tt.want.Foreign)
		}
	}
	same := newHarness(t, 15, limits{reserve: 1})
	if err := same.restore(data, same.now, d.now); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(same.top(9, same.now)), "[{a 3.333333} {d 1} {b 0.333333} {c 0.333333}]"; got != want {
		t.Errorf("clients %s, want %s", got, want)
	}
}

// In one life the calendar may be set as it likes: what is saved are lengths of
// time.
func TestSnapshotCalendar(t *testing.T) {
	d := newHarness(t, 15, limits{})
	d.spend("a", 5)
	d.now = d.now.Add(30 * time.Minute)
	wall := d.now.Add(20 * 365 * 24 * time.Hour) // set by then
	next := newHarness(t, 15, limits{})
	if err := next.restore(d.save(d.now, wall), next.now, wall.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got := next.stats(next.now.Add(29*time.Minute - 1)).Own; got != 5 {
		t.Errorf("%d spent, want 5", got)
	}
	if got := next.stats(next.now.Add(29*time.Minute + margin)).Own; got != 0 {
		t.Errorf("%d spent, want 0", got)
	}
}

func sealed(body string) []byte {
	return fmt.Appendf(nil, "%s%08x\n%s\n", snapshotHead, crc32.ChecksumIEEE([]byte(body)), body)
}

func TestRestoreDamaged(t *testing.T) {
	d := lively(t)
	whole := d.save(d.now, d.now)
	flipped := bytes.Replace(whole, []byte(`"foreign":2`), []byte(`"foreign":1`), 1)
	for name, data := range map[string][]byte{
		"empty":             {},
		"cut":               whole[:len(whole)/2],
		"cut by one":        whole[:len(whole)-1],
		"a flipped bit":     flipped,
		"of another kind":   []byte("{}"),
		"a later version":   bytes.Replace(whole, []byte("quota 1 "), []byte("quota 2 "), 1),
		"not JSON":          sealed("{"),
		"nothing in it":     sealed("{}"),
		"a negative age":    sealed(`{"limit":1,"period":3600000000000,"slots":[{"sent":-1}]}`),
		"ended before sent": sealed(`{"limit":1,"period":3600000000000,"slots":[{"sent":1,"ended":2}]}`),
		"a negative charge": sealed(`{"limit":1,"period":3600000000000,"slots":[{"charges":{"a":-1}}]}`),
		"a huge limit":      sealed(`{"limit":1000000,"period":3600000000000}`),
	} {
		for _, limit := range []int{0, 15} {
			next := newHarness(t, limit, limits{reserve: 1})
			if err := next.restore(data, next.now, next.now); !errors.Is(err, errSnapshot) {
				t.Errorf("%s: error %v", name, err)
			}
			if got := next.stats(next.now.Add(time.Hour)); got.Foreign != 15 || got.Own != 0 {
				t.Errorf("%s: %+v, want everything spent for a period", name, got)
			}
			late := next.now.Add(time.Hour)
			next.learn(Report{Limit: 15, Period: time.Hour, Used: 3}, late, late, late)
			if got := next.view("a", next.now.Add(time.Hour)).Remaining; got != 11 {
				t.Errorf("%s: after a report %d remain, want 11", name, got)
			}
		}
	}
}

// FuzzRestore holds that no snapshot breaks anything, that one that is refused
// leaves everything spent, and that one that is taken can be saved and restored.
func FuzzRestore(f *testing.F) {
	d := lively(&testing.T{})
	f.Add(d.save(d.now, d.now), true)
	f.Add([]byte(`{"limit":15,"period":3600000000000,"foreign":1000000000,"slots":[{"open":true,"charges":{"":1}}]}`), false)
	f.Fuzz(func(t *testing.T, data []byte, asIs bool) {
		if !asIs {
			data = sealed(string(data)) // to get behind the checksum
		}
		b := newBroker(newBudget(0, 0, start), limits{reserve: 1})
		err := b.restore(data, start, start)
		got := b.stats(start)
		if err != nil {
			if got.Foreign != assumedLimit {
				t.Errorf("refused (%v), but %+v", err, got)
			}
			return
		}
		if got.Own < 0 || got.Foreign < 0 || got.Limit < 1 || got.Period < time.Second {
			t.Errorf("%+v", got)
		}
		again := newBroker(newBudget(0, 0, start), limits{reserve: 1})
		if err := again.restore(b.save(start, start), start, start); err != nil {
			t.Fatalf("not restored: %v", err)
		}
		if same := again.stats(start); same.Own != got.Own || same.Foreign != got.Foreign {
			t.Errorf("%+v after another restart, before %+v", same, got)
		}
		late := start.Add(b.budget.period + margin)
		if left := b.stats(late); left.Own+left.Foreign != 0 || len(b.usage.accounts) != 0 {
			t.Errorf("after a period %+v are left", left)
		}
	})
}
