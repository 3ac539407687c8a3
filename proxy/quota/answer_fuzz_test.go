package quota

import (
	"encoding/json"
	"testing"
	"time"
)

// busy is a replica in the middle of everything: it was given a slot that is under
// way, knows one of another's, has spent one alone, and asks for one more.
func busy(t *testing.T) (*harness, *fetchRequest) {
	d := joined(t, 15)
	d.given("alice")
	a := d.answer()
	a.Slots = []SharedSlot{d.theirs("b.1", 0, "bob")}
	d.hear(a)
	d.fail(ErrUnsent)
	d.spentAlone("carol")
	d.hear(d.answer())
	return d, d.allotted("dave")
}

// FuzzAnswer holds that whatever the ledger answers, twice, no more is free than
// the limit, nothing is counted twice or below zero, and what is saved then is
// restored.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"word":"read","now":1000000,"epoch":"epoch","seq":7,"members":["me","other"],"escrow":4,"base":3,"parts":2,"taken":true}`,
		`{"word":"read","now":1000000,"epoch":"epoch","seq":9,"whole":true,"slots":[{"id":"b.1","p":0,"r":999000,"e":999900,"c":{"bob":500000,"eve":500000}},` +
			`{"id":"b.2","p":2,"r":999990},{"id":"me.1","p":0,"r":1000000,"e":1000000,"l":true}],"members":["me","other"],"escrow":3,"base":2,"parts":3,"verdict":"behind","asked":["zoe"]}`,
		`{"word":"read","now":1000000,"seq":9,"report":{"from":"other","asked":999000,"answered":999100,"limit":15,"period":3600000,"used":9,"next":0},` +
			`"closed":{"from":"other","at":999000,"until":1900000},"members":["me","other","third"],"unheard":1,"away":1,"held":4,"verdict":"held"}`,
		`{"word":"stranger","now":1000000}`, `{"word":"empty","now":1000000}`, `{"word":"read","verdict":"settling"}`,
		`{"word":"read","held":-100}`,
		`{"word":"read","escrow":1000000000,"base":-9223372036854775808,"parts":1}`,
		`{"word":"read","report":{"from":"other","limit":15,"period":3600000,"used":-9223372036854775808}}`,
		`{"word":"read","report":{"from":"other","limit":15,"period":3600000,"used":9223372036854775807}}`,
		`{"word":"read","now":1000000,"slots":[{"id":"b.1","r":9000000000000,"e":9000000000000}]}`,
		`{"word":"read","report":{"from":"other","limit":15,"period":9223372036854775807,"next":-9223372036854775808}}`,
		`{"word":"read","now":-9223372036854775808,"slots":[{"id":"b.1","r":9223372036854775807,"e":-9223372036854775808},{"id":"","p":255}]}`,
		`{}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var a Answer
		if json.Unmarshal(data, &a) != nil {
			return
		}
		d, w := busy(t)
		wantSane(t, d, "before")
		d.read(d.write(w.slot, false, d.now), a, nil, w.slot, d.now)
		wantSane(t, d, "after")
		d.now = d.now.Add(10 * time.Second)
		d.hear(a)
		wantSane(t, d, "told again")
		d.fail(ErrUnsent)
		wantSane(t, d, "alone")
		if data := d.save(d.now, d.now); d.restarted("me", 0) == nil {
			t.Errorf("not restored: %s", data)
		}
		d.now = d.now.Add(2 * d.budget.period)
		d.advance(d.now)
		wantSane(t, d, "a period later")
	})
}

// wantSane holds what must be true at any moment.
func wantSane(t *testing.T, d *harness, when string) {
	t.Helper()
	l, p := d.budget, d.budget.pool
	if free := l.free(); free < 0 || free > l.limit || l.limit > MaxLimit {
		t.Errorf("%s: %d free of %d", when, free, l.limit)
	}
	if spent := l.spent(); spent < len(l.open) || l.foreign.count < 0 || p.held < 0 || l.left() > l.limit {
		t.Errorf("%s: %d spent, %d under way, %d foreign, %d held", when, spent, len(l.open), l.foreign.count, p.held)
	}
	if may := l.allowance(); may > p.escrow+p.known || p.parts < 0 || p.known < 0 {
		t.Errorf("%s: %d may be spent alone, of %d in escrow, one part in %d, %d known", when, may, p.escrow, p.parts, p.known)
	}
	for client, a := range d.usage.accounts {
		if a.spent < 0 || a.underWay < 0 {
			t.Errorf("%s: %s has spent %d parts, with %d under way", when, client, a.spent, a.underWay)
		}
	}
}
