package valkey

import (
	"fmt"
	"slices"
	"testing"

	"perigee/cache"
	"perigee/cache/valkey/valkeytest"
)

// remembering returns a client, and what it is told whenever it reaches the server.
func remembering(t *testing.T, url, name string) (*member, <-chan []cache.Key) {
	t.Helper()
	told := make(chan []cache.Key, 10)
	c := reached(t, Options{URL: url, Replica: name}, TierOptions{OnRemembered: func(keys []cache.Key) { told <- keys }})
	return c, told
}

func mustRemember(t *testing.T, c *member, keys ...cache.Key) {
	t.Helper()
	for _, key := range keys {
		if err := c.Tier().Remember(key); err != nil {
			t.Fatal(err)
		}
	}
}

// A replica that comes later, and one that was cut off, are told, the latest last.
func TestRemember(t *testing.T) {
	s := valkeytest.Start(t)
	network := valkeytest.NewPartition(t, s.Addr())
	a := replica(t, s, "a")
	b, toldB := remembering(t, network.URL(), "b")
	if got := len(toldB); got != 0 {
		t.Errorf("told %d times of nothing", got)
	}
	mustRemember(t, a, "one", "two\xff")
	network.Cut()
	await(t, "lose the server", func() bool { return !b.Stats().Up })
	mustRemember(t, a, "three")
	network.Heal()
	want := []cache.Key{"one", "two\xff", "three"}
	if got := <-toldB; !slices.Equal(got, want) {
		t.Errorf("got %q after the cut, want %q", got, want)
	}
	_, toldC := remembering(t, s.URL(), "c")
	if got := <-toldC; !slices.Equal(got, want) {
		t.Errorf("got %q as a new replica, want %q", got, want)
	}
	if err := b.Tier().Remember(string(make([]byte, maxKey+1))); err != nil {
		t.Errorf("got %v for a key that is not shared", err)
	}
}

// So many are remembered, the latest, and not for ever.
func TestRememberHasABound(t *testing.T) {
	s := valkeytest.Start(t)
	c := replica(t, s, "a")
	for i := range rememberCount + 10 {
		mustRemember(t, c, fmt.Sprint("key ", i))
	}
	_, told := remembering(t, s.URL(), "b")
	got := <-told
	if len(got) != rememberCount || !slices.Contains(got, fmt.Sprint("key ", rememberCount+9)) || slices.Contains(got, "key 0") {
		t.Errorf("got %d keys, want the latest %d", len(got), rememberCount)
	}
	if ttl := s.Do("PTTL " + c.Tier().common("remembered")); ttl == "-1" || ttl == "-2" {
		t.Errorf("got a time to live of %s", ttl)
	}
}
