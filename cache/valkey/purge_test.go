package valkey

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/valkey/valkeytest"
)

// purge is what the owner of a client was told.
type purge struct {
	key cache.Key
	at  time.Time
}

// listening returns a client, and the purges that it is told of.
func listening(t *testing.T, url, name string) (*member, <-chan purge) {
	t.Helper()
	told := make(chan purge, 100)
	c := reached(t, Options{URL: url, Replica: name}, TierOptions{OnPurge: func(key cache.Key, at time.Time) { told <- purge{key, at} }})
	return c, told
}

func mustDelete(t *testing.T, c *member, keys ...cache.Key) {
	t.Helper()
	for _, key := range keys {
		if err := c.Tier().Delete(key); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPurgeReachesOthers(t *testing.T) {
	s := valkeytest.Start(t)
	a, toldA := listening(t, s.URL(), "a")
	b, toldB := listening(t, s.URL(), "b")
	mustPut(t, a.Tier(), page("key\xff", 1, "body"))
	wantBody(t, b.Tier(), "key\xff", "body")
	mustDelete(t, a, "key\xff")
	got := <-toldB
	if got.key != "key\xff" || time.Since(got.at).Abs() > time.Minute {
		t.Errorf("got %+v, want the key, and about now", got)
	}
	wantMissing(t, b.Tier(), "key\xff")
	mustDelete(t, b, "other")
	if got := <-toldA; got.key != "other" {
		t.Errorf("got %+v, want other: not what it purged itself", got)
	}
}

// TestPurgeIsCaughtUp: one replica is cut off, and one not there yet.
func TestPurgeIsCaughtUp(t *testing.T) {
	s := valkeytest.Start(t)
	a := replica(t, s, "a")
	network := valkeytest.NewPartition(t, s.Addr())
	b, told := listening(t, network.URL(), "b")
	network.Cut()
	await(t, "lose the server", func() bool { return !b.Stats().Up })
	mustDelete(t, a, "first", "second")
	network.Heal()
	await(t, "be back", func() bool { return b.Stats().Up })
	got := []cache.Key{(<-told).key, (<-told).key}
	slices.Sort(got)
	if want := []cache.Key{"first", "second"}; !slices.Equal(got, want) {
		t.Errorf("got purges of %q, want %q", got, want)
	}
	_, late := listening(t, s.URL(), "c")
	got = []cache.Key{(<-late).key, (<-late).key}
	slices.Sort(got)
	if want := []cache.Key{"first", "second"}; !slices.Equal(got, want) {
		t.Errorf("a new replica got purges of %q, want %q", got, want)
	}
}

// TestManyPurgesAreCaughtUp has more of them than are asked for at once.
func TestManyPurgesAreCaughtUp(t *testing.T) {
	s := valkeytest.Start(t)
	a := replica(t, s, "a")
	now := time.Now().UnixMilli()
	for batch := range 5 {
		var command strings.Builder
		fmt.Fprintf(&command, "ZADD %s", a.Tier().purged())
		for i := range purgeBatch / 2 {
			fmt.Fprintf(&command, " %d key-%d-%d", now, batch, i)
		}
		s.Do(command.String())
	}
	b := replica(t, s, "b")
	if got, want := b.Tier().Stats().PurgesHeard, uint64(5*purgeBatch/2); got != want {
		t.Errorf("got %d purges, want %d", got, want)
	}
}

func TestPurgesAreBounded(t *testing.T) {
	s := valkeytest.Start(t)
	c := replica(t, s, "a")
	const age, count = 1000, 3
	for i, at := range []int{100, 1050, 1100, 1200, 1300, 1400, 1500} {
		_, err := c.Run(t.Context(), purgeScript, 0, []string{c.Tier().purged()}, fmt.Sprint(i), at, age, count, c.Channel(), "")
		if err != nil {
			t.Fatal(err)
		}
		if i == 2 {
			if got, want := s.Do("ZRANGE "+c.Tier().purged()+" 0 -1"), "0\n1\n2"; got != want {
				t.Errorf("got %q, want %q: as old as the oldest that are kept", got, want)
			}
		}
	}
	if got, want := s.Do("ZRANGE "+c.Tier().purged()+" 0 -1"), "4\n5\n6"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := s.Do("PTTL " + c.Tier().purged()); got == "-1" {
		t.Error("the set never ends")
	}
}
