package app

import (
	"log/slog"
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/cachetest"
	"perigee/cache/valkey/valkeytest"
	"perigee/config"
	"perigee/proxy/fetch"
)

// sharedStore is what a replica holds and shares.
func sharedStore(t *testing.T, url string) *store {
	t.Helper()
	c, _, err := config.Load([]string{"PERIGEE_VALKEY_URL=" + url, "PERIGEE_DATA_DIR=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s, err := openStore(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	s.peers.start(nobody{}, nil, nil)
	await(t, "Valkey", func() bool { return s.peers.client.Stats().Up })
	return s
}

// nobody is told of other replicas.
type nobody struct{}

func (nobody) Forget(string)     {}
func (nobody) HeardOf(...string) {}

// aPage is an entry that proxy can make whole again, and that was asked for then.
func aPage(t *testing.T, asked time.Time) *cache.Entry {
	t.Helper()
	e := cachetest.Entry("ll2/1 json /2.3.0/agencies/1/", 1, 100)
	e.Target, e.Accept, e.Body = "/2.3.0/agencies/1/?", "application/json", []byte(`{"id":1}`)
	e.Asked, e.Answered = asked, asked
	e.FreshUntil = asked.Add(time.Hour)
	e.StaleWhileRevalidateUntil, e.StaleIfErrorUntil = e.FreshUntil, e.FreshUntil.Add(time.Hour)
	upstream, _, err := config.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	if e = fetch.Rebuilder(upstream.UpstreamURL)(e); e == nil {
		t.Fatal("the page makes no sense to proxy")
	}
	return e
}

// A replica forgets what another one deletes, in memory and on disk, also if it
// could not be told at the time; but not what was asked for since.
func TestAPurgeReachesEveryReplica(t *testing.T) {
	server := valkeytest.Start(t)
	cut := valkeytest.NewPartition(t, server.Addr())
	here, there := sharedStore(t, server.URL()), sharedStore(t, cut.URL())
	e := aPage(t, time.Now().Add(-time.Minute))
	heldThere := func() bool { _, ok := there.peers.local.Get(e.Key); return ok }
	put := func() {
		t.Helper()
		if err := here.Put(e); err != nil {
			t.Fatal(err)
		}
		await(t, "the page at the other replica", func() bool { _, ok := there.Get(e.Key); return ok && heldThere() })
	}
	put()
	if err := here.Delete(e.Key); err != nil {
		t.Fatal(err)
	}
	await(t, "the other replica to forget", func() bool { return !heldThere() })

	e = aPage(t, time.Now().Add(-30*time.Second))
	put()
	cut.Cut()
	await(t, "the cut to be noticed", func() bool { return !there.peers.client.Stats().Up || there.peers.client.Stats().Losses > 0 })
	if err := here.Delete(e.Key); err != nil {
		t.Fatal(err)
	}
	if !heldThere() {
		t.Fatal("it was told although it is cut off")
	}
	cut.Heal()
	await(t, "the other replica to catch up", func() bool { return !heldThere() })

	// What was fetched after the purge is not meant by it.
	newer := aPage(t, time.Now().Add(time.Minute))
	if err := there.peers.local.Put(newer); err != nil {
		t.Fatal(err)
	}
	there.peers.purged(newer.Key, time.Now())
	if !heldThere() {
		t.Error("a purge has forgotten what was fetched after it")
	}
}

// await waits for what no channel tells of.
func await(t *testing.T, what string, met func() bool) {
	t.Helper()
	for !met() {
		select {
		case <-t.Context().Done():
			t.Fatalf("waited in vain for %s", what)
		case <-time.After(time.Millisecond):
		}
	}
}
