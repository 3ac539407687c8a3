package valkey

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"perigee/proxy/quota"
)

func FuzzParseMessage(f *testing.F) {
	f.Add([]byte(`{"kind":"landed","from":"a","key":"a2V5","flight":"t"}`))
	f.Add([]byte(`{"kind":"failed","key":"a2V5","reason":"é","pause":-1}`))
	f.Add([]byte(`{"kind":"join","key":"a2V5","waiters":[{"client":"x","priority":255,"patience":9223372036854775807}]}`))
	f.Add([]byte(`{"kind":"purged","key":"","at":1e3}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		m, ok := parseMessage(payload)
		if !ok {
			return
		}
		if kindOf(payload) != m.Kind {
			t.Errorf("got kind %q, want %q", kindOf(payload), m.Kind)
		}
		if len(m.Key) == 0 || m.Pause < 0 || m.Pause > longestPause.Milliseconds() || len(m.Reason) > maxReason {
			t.Errorf("got %+v", m)
		}
		now := time.Now()
		for _, w := range unpack(m.Waiters, now) {
			if w.Priority > quota.Speculative || w.Deadline.Sub(now) > maxPatience || len(w.Client) > maxClientLen {
				t.Errorf("got %+v", w)
			}
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if len(again) > maxMessage {
			return
		}
		if _, ok := parseMessage(again); !ok {
			t.Errorf("%s is not read again", again)
		}
	})
}

// TestMessageBounds: what another version sends does not go beyond ours.
func TestMessageBounds(t *testing.T) {
	many := strings.Repeat(`{"client":"x"},`, maxJoining) + `{"client":"y"}`
	m, ok := parseMessage([]byte(`{"kind":"join","key":"a2V5","pause":99999999999,"waiters":[` + many + `]}`))
	if !ok || len(m.Waiters) != maxJoining || m.Pause != longestPause.Milliseconds() {
		t.Errorf("got (%d waiters, a pause of %d ms, %t)", len(m.Waiters), m.Pause, ok)
	}
}

// TestMessagesFit: the longest that is sent is read.
func TestMessagesFit(t *testing.T) {
	c, err := New(Options{URL: "redis://host", Namespace: "n", Replica: "r"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	name := make([]byte, 2*maxClientLen)
	for i := range name {
		name[i] = '<' // the longest that JSON makes of one
	}
	who := make([]quota.Waiter, 2*maxJoining)
	for i := range who {
		who[i] = quota.Waiter{Client: string(name), Priority: quota.Speculative, Deadline: time.Now().Add(time.Hour)}
	}
	m, ok := parseMessage(c.joinMessage(string(make([]byte, maxKey)), who))
	if !ok || len(m.Waiters) != maxJoining || len(m.Key) != maxKey {
		t.Errorf("got (%d waiters, a key of %d bytes, %t)", len(m.Waiters), len(m.Key), ok)
	}
}
