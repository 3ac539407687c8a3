package valkey

import (
	"slices"
	"testing"
	"time"

	"perigee/cache/valkey/valkeytest"
	"perigee/proxy/quota"
)

// desk is where letters are handed in, with a clock of its own.
type desk struct {
	t     *testing.T
	clerk *clerk
	now   time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, clerk: startClerk(t), now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	d.do(forget)
	return d
}

func (d *desk) do(kind errandKind) {
	d.t.Helper()
	d.clerk.errands <- errand{kind: kind}
	if err := (<-d.clerk.replies).err; err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) later(by time.Duration) { d.now = d.now.Add(by) }

// hand hands a letter in, in which what is the same in all is filled in.
func (d *desk) hand(l quota.Letter) quota.Answer {
	d.t.Helper()
	l.Span, l.Hold, l.Room = time.Hour.Milliseconds(), (40 * time.Second).Milliseconds(), 15
	d.clerk.errands <- errand{letter: l, now: d.now}
	r := <-d.clerk.replies
	if r.err != nil {
		d.t.Fatal(r.err)
	}
	return r.answer
}

// found founds a ledger and lets it settle.
func (d *desk) found(replica string) quota.Answer {
	d.t.Helper()
	a := d.hand(quota.Letter{Replica: replica, Whole: true, Found: "epoch of " + replica})
	if a.Word != quota.Read || a.Seq == 0 {
		d.t.Fatalf("got %+v, want a ledger", a)
	}
	d.later(4 * time.Second)
	return a
}

// join has a replica join that knows nothing yet, and know all after.
func (d *desk) join(replica string) quota.Answer {
	d.t.Helper()
	a := d.hand(quota.Letter{Replica: replica, Whole: true})
	return d.hand(d.current(replica, a))
}

// current is a letter of a replica that knows the ledger as it was answered.
func (d *desk) current(replica string, a quota.Answer) quota.Letter {
	return quota.Letter{
		Replica: replica, Epoch: a.Epoch, Seq: a.Seq, Known: a.Base,
		Least: a.Escrow, Base: a.Base, Parts: max(a.Parts, len(a.Members)), Most: 15 / max(len(a.Members), 1),
	}
}

// taking is current, and wants a slot.
func (d *desk) taking(replica string, a quota.Answer, id string) quota.Letter {
	l := d.current(replica, a)
	l.Least, l.Most = 0, 0
	l.Take = &quota.SharedSlot{ID: id, Charges: map[string]int64{"client": 1_000_000}}
	return l
}

func (d *desk) wantVerdict(what string, a quota.Answer, want quota.Verdict) {
	d.t.Helper()
	if a.Taken != (want == "") || a.Verdict != want {
		d.t.Errorf("%s: got taken %t, verdict %q, want %q", what, a.Taken, a.Verdict, want)
	}
}

// A ledger has to be founded, by one who says so, and gives nothing until others
// have had time to tell what they know.
func TestLedgerIsFounded(t *testing.T) {
	d := newDesk(t)
	if a := d.hand(quota.Letter{Replica: "a", Whole: true}); a.Word != quota.Empty {
		t.Errorf("got %+v, want empty", a)
	}
	a := d.hand(quota.Letter{Replica: "a", Whole: true, Found: "e"})
	if a.Word != quota.Read || a.Epoch != "e" || !slices.Equal(a.Members, []string{"a"}) {
		t.Errorf("got %+v, want the ledger e with a in it", a)
	}
	a = d.hand(d.taking("a", a, "s1"))
	d.wantVerdict("at once", a, quota.Settling)
	d.later(4 * time.Second)
	a = d.hand(d.taking("a", a, "s1"))
	d.wantVerdict("when it has settled", a, "")
	if b := d.hand(quota.Letter{Replica: "b", Epoch: "another", Seq: 7}); b.Word != quota.Stranger {
		t.Errorf("got %+v for who knows another ledger, want stranger", b)
	}
}

// Who does not know the latest decides with too little, and is told.
func TestLedgerTellsWhoIsBehind(t *testing.T) {
	d := newDesk(t)
	a := d.found("a")
	b := d.join("b")
	a = d.hand(d.current("a", d.hand(d.current("a", a))))
	b = d.hand(d.taking("b", b, "s1"))
	d.wantVerdict("b", b, "")
	a = d.hand(d.taking("a", a, "s2"))
	d.wantVerdict("a, which has not heard of s1", a, quota.Behind)
	if len(a.Slots) != 1 || a.Slots[0].ID != "s1" || a.Slots[0].Charges["client"] != 1_000_000 {
		t.Errorf("got %+v, want s1 and who pays for it", a.Slots)
	}
	d.wantVerdict("a, which has", d.hand(d.taking("a", a, "s2")), "")
}

// What a replica that is away may spend alone is nobody else's. When it is back it
// tells what it spent, and when it leaves it holds nothing.
func TestLedgerHoldsWhatOthersMaySpend(t *testing.T) {
	d := newDesk(t)
	a := d.found("a")
	b := d.join("b")
	lower := d.current("a", a)
	lower.Least, lower.Most = 0, 0
	a = d.hand(d.current("a", d.hand(lower)))
	l := d.current("b", b)
	l.Most = 14
	if b = d.hand(l); b.Escrow == 0 {
		t.Fatalf("got %+v, want an escrow for b", b)
	}
	taken := 0
	for range 20 {
		d.later(4 * time.Second) // b is away
		if a = d.hand(d.taking("a", a, string(rune('A'+taken)))); a.Taken {
			taken++
		}
	}
	if taken+b.Escrow != 15 || a.Verdict != quota.Held || a.Held != b.Escrow || a.Away != 1 {
		t.Errorf("got %d taken and %+v, while b holds %d of 15", taken, a, b.Escrow)
	}
	back := d.current("b", b)
	back.Least, back.Most = 0, 0
	d.hand(back)
	a = d.hand(d.taking("a", a, "more"))
	d.wantVerdict("when b is back and gives up its escrow", a, "")
	left := d.hand(quota.Letter{Replica: "b", Epoch: b.Epoch, Seq: b.Seq, Leave: true})
	if left.Seq <= a.Seq {
		t.Errorf("got %+v, want the others to be told", left)
	}
	if a = d.hand(d.current("a", a)); len(a.Members) != 1 || a.Held != 0 {
		t.Errorf("got %+v, want a alone after b has left", a)
	}
}

// Who leaves a ledger that has begun anew founds it with what it spent. Others, who
// have yet to hear that it left, do not wait for it, nor after a move of the ledger.
func TestLedgerIsFoundedByWhoLeaves(t *testing.T) {
	d := newDesk(t)
	both := []string{"a", "b"}
	a := d.hand(quota.Letter{Replica: "a", Whole: true, Found: "e", Leave: true, Members: both, Slots: []quota.SharedSlot{{ID: "s1"}}})
	if a.Word != quota.Read || a.Unheard != 1 {
		t.Fatalf("got %+v, want it read, and b waited for", a)
	}
	b := d.hand(quota.Letter{Replica: "b", Whole: true, Members: both})
	if b.Epoch != "e" || len(b.Slots) != 1 || b.Slots[0].ID != "s1" || b.Unheard != 0 || len(b.Members) != 1 {
		t.Errorf("got %+v, want what a spent, and nobody else there", b)
	}
	d.do(save)
	d.do(goBack)
	b = d.hand(quota.Letter{Replica: "b", Whole: true, Found: "e2", Members: both})
	if b.Epoch != "e2" || b.Unheard != 0 || len(b.Members) != 1 {
		t.Errorf("got %+v in another process, want nobody else there", b)
	}
	a = d.hand(quota.Letter{Replica: "a", Whole: true})
	if len(a.Members) != 2 || a.Seq <= b.Seq {
		t.Errorf("got %+v, want a back, and the others to be told", a)
	}
	d.later(25 * time.Hour)
	if b = d.hand(d.current("b", b)); len(b.Members) != 1 {
		t.Errorf("got %+v, want a forgotten", b)
	}
}

// A slot that was given back, told twice, or told when it is over.
func TestLedgerSlots(t *testing.T) {
	d := newDesk(t)
	a := d.found("a")
	for _, id := range []string{"s1", "s2"} {
		a = d.hand(d.taking("a", a, id))
		d.wantVerdict(id, a, "")
	}
	again := d.current("a", a)
	ended, longAgo := int64(1000), int64(2*time.Hour/time.Millisecond)
	again.Slots = []quota.SharedSlot{{ID: "s1"}, {ID: "s2", Reserved: 2000, Ended: &ended}, {ID: "old", Reserved: longAgo, Ended: &longAgo}}
	again.Gone = []string{"s1", "unknown"}
	d.hand(again)
	b := d.hand(quota.Letter{Replica: "b", Whole: true})
	if len(b.Slots) != 1 || b.Slots[0].ID != "s2" || b.Slots[0].Ended == nil || b.Now-*b.Slots[0].Ended != 1000 {
		t.Errorf("got %+v, want s2, which ended a second ago", b.Slots)
	}
	d.later(time.Hour - 2*time.Second)
	if c := d.hand(quota.Letter{Replica: "c", Whole: true}); len(c.Slots) != 1 {
		t.Errorf("got %+v a second before s2 is over", c.Slots)
	}
	d.later(2 * time.Second)
	if c := d.hand(quota.Letter{Replica: "c", Whole: true}); len(c.Slots) != 0 {
		t.Errorf("got %+v when s2 is over", c.Slots)
	}
}

// After the ledger is lost, what the others spent is not known until they tell, and
// nothing is given meanwhile; if they never do, for a period.
func TestLedgerWaitsForWhoHasNotTold(t *testing.T) {
	d := newDesk(t)
	a := d.found("a")
	d.join("b")
	a = d.hand(d.current("a", d.hand(d.current("a", a))))
	for _, loss := range []struct {
		name string
		do   func()
	}{
		{"emptied", func() { d.do(forget) }},
		{"a part evicted", func() {
			keys := names{namespace: "sim"}.ledger()
			if err := d.clerk.client.Del(t.Context(), keys[4]).Err(); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		loss.do()
		l := d.current("a", a)
		if got := d.hand(l); got.Word != quota.Empty {
			t.Fatalf("%s: got %+v, want empty", loss.name, got)
		}
		l.Whole, l.Found, l.Members = true, "again, "+loss.name, []string{"a", "b"}
		a = d.hand(l)
		d.wantVerdict(loss.name, d.hand(d.taking("a", a, "s")), quota.Unheard)
		d.hand(quota.Letter{Replica: "b", Whole: true})
		a = d.hand(d.current("a", d.hand(d.current("a", a))))
		a = d.hand(d.taking("a", a, "s "+loss.name))
		d.wantVerdict(loss.name+", when b has told", a, "")
	}
	d.do(forget)
	a = d.hand(quota.Letter{Replica: "a", Whole: true, Found: "last", Members: []string{"b"}})
	d.later(time.Hour + time.Second)
	a = d.hand(d.current("a", d.hand(d.current("a", a))))
	d.wantVerdict("after a period", d.hand(d.taking("a", a, "s")), "")
}

// A server that was started with a copy of the ledger has not seen the latest:
// whoever knows it as it is in the copy must not spend what others have spent since.
func TestLedgerInAnotherProcess(t *testing.T) {
	d := newDesk(t)
	d.found("a")
	b := d.join("b")
	a := d.join("a")
	a = d.hand(d.current("a", d.hand(d.current("a", a))))
	b = d.hand(d.current("b", d.hand(d.current("b", b))))
	d.do(save)
	for _, id := range []string{"s1", "s2"} {
		if a = d.hand(d.taking("a", a, id)); !a.Taken {
			t.Fatalf("got %+v", a)
		}
	}
	d.do(goBack)
	if got := d.hand(d.taking("b", b, "s3")); got.Word != quota.Empty || got.Taken {
		t.Fatalf("got %+v, want empty: b cannot know of s1 and s2", got)
	}
	l := d.current("b", b)
	l.Whole, l.Found, l.Members = true, "of the copy", b.Members
	b = d.hand(d.current("b", d.hand(l)))
	d.wantVerdict("b, before a has told", d.hand(d.taking("b", b, "s3")), quota.Unheard)
	told := d.current("a", a)
	told.Whole, told.Slots = true, []quota.SharedSlot{{ID: "s1"}, {ID: "s2"}}
	d.hand(told)
	if b = d.hand(d.current("b", b)); len(b.Slots) != 2 {
		t.Errorf("got %+v, want what a has spent", b.Slots)
	}
}

// ledgerOf returns a client that is not started yet, and its ledger.
func ledgerOf(t *testing.T, url, replica string) (*Client, *Ledger) {
	t.Helper()
	c, err := New(Options{URL: url, Namespace: "test", Replica: replica, Timeout: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	l, err := c.Ledger("quota")
	if err != nil {
		t.Fatal(err)
	}
	return c, l
}

// The client's side: no answer is no harm, and who was not asked knows it.
func TestLedgerExchange(t *testing.T) {
	server := valkeytest.Start(t)
	a, la := ledgerOf(t, server.URL(), "a")
	b, lb := ledgerOf(t, server.URL(), "b")
	if _, err := la.Exchange(quota.Letter{Replica: "a"}); err != quota.ErrUnsent {
		t.Errorf("got %v before the start, want %v", err, quota.ErrUnsent)
	}
	a.Start()
	b.Start()
	<-la.News() // it is there
	<-lb.News()
	got, err := la.Exchange(quota.Letter{Replica: "a", Whole: true, Found: "e", Span: 1000, Hold: 1000, Room: 5})
	if err != nil || got.Epoch != "e" {
		t.Fatalf("got (%+v, %v)", got, err)
	}
	<-lb.News() // that the ledger has changed
	select {
	case <-la.News():
		t.Error("a is told of its own letter")
	default:
	}
	server.Pause()
	if _, err := la.Exchange(quota.Letter{Replica: "a"}); err == nil || err == quota.ErrUnsent {
		t.Errorf("got %v from a paused server, want an error that says that it may have been read", err)
	}
	if _, err := la.Exchange(quota.Letter{Replica: "a"}); err != quota.ErrUnsent {
		t.Errorf("got %v when it is known to be lost, want %v", err, quota.ErrUnsent)
	}
	server.Resume()
	if _, err := a.Ledger("no {braces}"); err == nil {
		t.Error("got no error for a namespace that would end the hash tag")
	}
}
