package quota

import (
	"fmt"
	"testing"
	"time"
)

// TestFetchRequest has waiters join and leave: what the request is worth, how long
// it waits and who is charged is that of those who are there. Those who leave once
// it has a slot are charged, unless that is given back.
func TestFetchRequest(t *testing.T) {
	waiters := map[string]*Waiter{
		"a1": {Client: "a", Priority: Stale, Deadline: at(time.Second)},
		"a2": {Client: "a", Priority: Waiting, Deadline: at(time.Minute)},
		"b":  {Client: "b", Priority: Stale, Deadline: at(time.Minute)},
		"":   {Priority: 200, Deadline: at(time.Hour)},
	}
	r := &fetchRequest{}
	for _, tt := range []struct {
		do   func()
		want string
	}{
		{func() { r.join(waiters[""]) }, "speculative 1h0m0s []"},
		{func() { r.join(waiters["a1"]) }, "stale 1h0m0s [a]"},
		{func() { r.join(waiters["b"]) }, "stale 1h0m0s [a b]"},
		{func() { r.join(waiters["a2"]) }, "waiting 1h0m0s [a b]"},
		{func() { r.leave(waiters[""]) }, "waiting 1m0s [a b]"},
		{func() { r.leave(waiters[""]) }, "waiting 1m0s [a b]"},
		{func() { r.leave(waiters["a2"]) }, "stale 1m0s [a b]"},
		{func() { r.leave(waiters["b"]) }, "stale 1s [a]"},
		{func() { r.slot = &slot{} }, "stale 1s [a]"},
		{func() { r.join(waiters["b"]) }, "stale 1m0s [a b]"},
		{func() { r.leave(waiters["a1"]) }, "stale 1m0s [a b]"},
		{func() { r.withdraw() }, "stale 1m0s [b]"},
		{func() { r.leave(waiters["b"]) }, "speculative never []"},
	} {
		tt.do()
		wait := "never"
		if !r.deadline.IsZero() {
			wait = r.deadline.Sub(start).String()
		}
		if got := fmt.Sprintf("%s %s %s", r.priority, wait, r.clients.charged()); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

// What a fetch costs is charged in equal parts, and never to more than a bounded
// number of clients.
func TestSplit(t *testing.T) {
	for _, tt := range []struct {
		clients, charged int
		micro            int64
	}{
		{0, 0, 0}, {1, 1, 1_000_000}, {3, 3, 333_333}, {64, 64, 15_625}, {100, 64, 10_000}, {2_000_000, 64, 1},
	} {
		s := clientSet{names: make([]string, tt.clients)}
		charges := s.split()
		if len(charges) != tt.charged {
			t.Errorf("%d clients: %d are charged, want %d", tt.clients, len(charges), tt.charged)
		}
		for _, c := range charges {
			if c.micro != tt.micro {
				t.Errorf("%d clients: %s is charged %d, want %d", tt.clients, c.client, c.micro, tt.micro)
			}
		}
	}
}
