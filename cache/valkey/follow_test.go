package valkey

import (
	"context"
	"errors"
	"sync"
	"testing"

	"perigee/cache/valkey/valkeytest"
)

func TestFollowEnds(t *testing.T) {
	s := valkeytest.Start(t)
	c := flying(t, s.URL(), "a", long)
	lead(t, c, "key")
	f := follow(t, c, "key")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want that of the context", err)
	}
	if _, _, err := c.Board(ctx, "key", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("board: got error %v, want that of the context", err)
	}
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if _, err := f.Next(t.Context()); !errors.Is(err, ErrEnded) {
			t.Errorf("got error %v, want ErrEnded", err)
		}
	})
	f.Close()
	f.Close()
	waiting.Wait()
	if n := len(c.flights.allFollows()); n != 0 {
		t.Errorf("%d follow still", n)
	}
}

// TestEarlyMessages: what is told between the server's answer and its arrival is
// not missed, and what is about the flight before is not taken for it.
func TestEarlyMessages(t *testing.T) {
	f := newFollow(nil, "key")
	f.hear(message{Kind: kindOver, Flight: "before"})
	f.hear(message{Kind: kindLeft, Flight: "token"})
	f.hear(message{Kind: kindLanded, Flight: "token"})
	f.hear(message{Kind: kindOver, Flight: "token"})
	f.begin(boarding{token: "token", lives: long})
	wantEvents(t, f, Event{Kind: Left}, Event{Kind: Landed})
	f = newFollow(nil, "key")
	f.finish(Event{Kind: Over}) // the server was lost meanwhile
	f.begin(boarding{token: "token", left: true, lives: long})
	wantEvents(t, f, Event{Kind: Over})
}

// TestLostWhileFollowing: whoever follows goes on alone.
func TestLostWhileFollowing(t *testing.T) {
	s := valkeytest.Start(t)
	network := valkeytest.NewPartition(t, s.Addr())
	a, b := flying(t, s.URL(), "a", long), flying(t, network.URL(), "b", long)
	l := lead(t, a, "key")
	f := follow(t, b, "key")
	network.Cut()
	wantEvents(t, f, Event{Kind: Over})
	if err := l.Land(page("key", 0, "body")); err != nil {
		t.Fatal(err)
	}
}

// TestMissedMessages: the subscription breaks, and the flight ends before it is
// renewed.
func TestMissedMessages(t *testing.T) {
	s := valkeytest.Start(t)
	network := valkeytest.NewPartition(t, s.Addr())
	a, b := flying(t, s.URL(), "a", long), flying(t, network.URL(), "b", long)
	landed, over := lead(t, a, "landed"), lead(t, a, "over")
	f, g, h := follow(t, b, "landed"), follow(t, b, "over"), follow(t, b, "landed")
	network.Delay(short) // until which nobody listens
	network.Drop()
	landed.Left()
	if err := landed.Land(page("landed", 0, "body")); err != nil {
		t.Fatal(err)
	}
	over.Close()
	network.Delay(0)
	for _, f := range []*Follow{f, h} {
		for e := (Event{}); e.Kind != Landed; {
			var err error
			if e, err = f.Next(t.Context()); err != nil || e.Kind > Landed {
				t.Fatalf("got (%v, %v), want it landed", e, err)
			}
		}
	}
	wantEvents(t, g, Event{Kind: Over})
	if got := b.Stats(); got.Resubscribed != 1 || got.Losses != 0 {
		t.Errorf("got %+v, want the subscription to have broken", got)
	}
}
