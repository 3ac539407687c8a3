package valkey

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"perigee/cache"
	"perigee/cache/valkey/valkeytest"
	"perigee/proxy/quota"
)

// nodes is a Cluster with two replicas that use it.
type nodes struct {
	servers []*valkeytest.Server
	a, b    *Client
	keys    []cache.Key
}

// startNodes starts a Cluster of three, of which every node holds pages.
func startNodes(t *testing.T, args ...string) *nodes {
	t.Helper()
	n := &nodes{servers: valkeytest.StartCluster(t, 3, args...)}
	url := n.servers[0].URL() + "?addr=" + n.servers[1].Addr()
	n.a = reached(t, Options{URL: url, Replica: "a", Lease: long})
	n.b = reached(t, Options{URL: url, Replica: "b", Lease: long})
	for i := range 24 {
		n.keys = append(n.keys, fmt.Sprintf("key %d", i))
		mustPut(t, n.a.Tier(), page(n.keys[i], 10, n.keys[i]))
	}
	for i, s := range n.servers {
		if s.Do("DBSIZE") == "0" {
			t.Fatalf("node %d holds nothing", i)
		}
	}
	return n
}

// wantAll: the other replica has all pages.
func (n *nodes) wantAll(t *testing.T) {
	t.Helper()
	for _, key := range n.keys {
		wantBody(t, n.b.Tier(), key, key)
	}
}

// owner is which node holds what the key of a page names, and the slot.
func (n *nodes) owner(t *testing.T, key cache.Key) (node int, slot string) {
	t.Helper()
	name := n.a.names.page(key)
	slot = n.servers[0].Do("CLUSTER KEYSLOT " + name)
	node = slices.IndexFunc(n.servers, func(s *valkeytest.Server) bool {
		return s.Do("CLUSTER COUNTKEYSINSLOT "+slot) != "0"
	})
	if node < 0 {
		t.Fatalf("no node holds %q", key)
	}
	return node, slot
}

// Pages, flights, purges and the ledger lie on whatever node their names say, and
// the news of each reaches those who listen at another.
func TestClusterOfThree(t *testing.T) {
	n := startNodes(t)
	n.wantAll(t)
	for _, key := range n.keys {
		l := lead(t, n.a, key)
		f := follow(t, n.b, key)
		if err := l.Land(page(key, 0, "new")); err != nil {
			t.Fatal(err)
		}
		wantEvents(t, f, Event{Kind: Landed})
		wantBody(t, n.b.Tier(), key, "new")
	}
	for i, key := range n.keys {
		mustDelete(t, n.b, key)
		await(t, "hear of the purge", func() bool { return n.a.Stats().PurgesHeard == uint64(i+1) })
		wantMissing(t, n.a.Tier(), key)
	}
	for _, namespace := range []string{"quota 1", "quota 2", "quota 3", "quota 4"} {
		ledger := &Ledger{client: n.a, names: names{namespace: namespace}}
		answer, err := ledger.Exchange(quota.Letter{Replica: "a", Whole: true, Found: "e", Span: 1000, Hold: 1000, Room: 5})
		if err != nil || answer.Word != quota.Read || answer.Epoch != "e" {
			t.Errorf("%s: got (%+v, %v), want a ledger", namespace, answer, err)
		}
	}
	if got := n.a.Stats(); got.Losses+got.Declined+got.Crowded != 0 {
		t.Errorf("got %+v, want no trouble", got)
	}
}

// A slot moves to another node, by and by, while its page is read and written.
func TestSlotMoves(t *testing.T) {
	n := startNodes(t)
	key := n.keys[0]
	from, slot := n.owner(t, key)
	to := (from + 1) % len(n.servers)
	source, target := n.servers[from], n.servers[to]
	sourceID, targetID := source.Do("CLUSTER MYID"), target.Do("CLUSTER MYID")

	target.Do("CLUSTER SETSLOT " + slot + " IMPORTING " + sourceID)
	source.Do("CLUSTER SETSLOT " + slot + " MIGRATING " + targetID)
	wantBody(t, n.b.Tier(), key, key)
	host, port, _ := strings.Cut(target.Addr(), ":")
	source.Do("MIGRATE " + host + " " + port + " " + n.a.names.page(key) + " 0 5000")
	wantBody(t, n.b.Tier(), key, key) // the source sends us on: ASK
	// A script of two names, of which one lies nowhere yet, is put off: TRYAGAIN.
	if err := n.a.Tier().Put(page(key, 5, "newer")); err == nil || errors.Is(err, ErrLost) {
		t.Errorf("put in between: got error %v, want one that is not a loss", err)
	}
	for _, s := range []*valkeytest.Server{target, source, n.servers[3-from-to]} {
		s.Do("CLUSTER SETSLOT " + slot + " NODE " + targetID)
	}
	wantBody(t, n.b.Tier(), key, key) // and now for ever: MOVED
	mustPut(t, n.a.Tier(), page(key, 0, "newest"))
	wantBody(t, n.b.Tier(), key, "newest")
	if node, _ := n.owner(t, key); node != to {
		t.Errorf("node %d holds the page, want %d", node, to)
	}
	for _, c := range []*Client{n.a, n.b} {
		if got := c.Stats(); got.Losses != 0 || !got.Up {
			t.Errorf("got %+v, want no loss", got)
		}
	}
}

// A node without a standby dies: the Cluster refuses all, which is a loss like any
// other. When it is back, what other nodes hold is there.
func TestNodeDies(t *testing.T) {
	n := startNodes(t, "--cluster-node-timeout", "3000")
	dead, _ := n.owner(t, n.keys[0])
	n.servers[dead].Kill()
	await(t, "lose the Cluster", func() bool {
		_, ok := n.b.Tier().Get(n.keys[0])
		return !ok && !n.b.Stats().Up
	})
	n.servers[dead].Restart()
	for _, s := range n.servers {
		s.AwaitCluster(len(n.servers))
	}
	for _, c := range []*Client{n.a, n.b} {
		await(t, "be back", func() bool { _, _ = c.Tier().Get(n.keys[0]); return c.Stats().Up })
	}
	held := 0
	for _, key := range n.keys {
		if _, ok := n.b.Tier().Get(key); ok {
			held++
		}
	}
	if held == 0 || held == len(n.keys) {
		t.Errorf("%d of %d pages are there, want those of two nodes", held, len(n.keys))
	}
	mustPut(t, n.a.Tier(), page(n.keys[0], 0, "new"))
	wantBody(t, n.b.Tier(), n.keys[0], "new")
}

// The server dies and Sentinel has its standby take over. Pages and purges are
// there. The ledger asks to be told all again: the standby may lack the last of it.
func TestFailover(t *testing.T) {
	server := valkeytest.Start(t, "--repl-diskless-sync-delay", "0")
	standby := valkeytest.StartStandby(t, server)
	sentinel := valkeytest.StartSentinel(t, server, standby)
	url := sentinel.URL() + "?master_name=" + valkeytest.MasterName
	a := reached(t, Options{URL: url, Replica: "a"})
	b := reached(t, Options{URL: url, Replica: "b"})
	mustPut(t, a.Tier(), page("kept", 10, "kept"))
	mustPut(t, a.Tier(), page("purged", 10, "purged"))
	mustDelete(t, b, "purged")
	ledger := &Ledger{client: a, names: names{namespace: "quota"}}
	letter := quota.Letter{Replica: "a", Whole: true, Found: "e", Span: 1000, Hold: 1000, Room: 5}
	if answer, err := ledger.Exchange(letter); err != nil || answer.Word != quota.Read {
		t.Fatalf("got (%+v, %v), want a ledger", answer, err)
	}
	await(t, "have all at the standby", func() bool { return standby.Do("DBSIZE") == server.Do("DBSIZE") })
	server.Kill()
	for _, c := range []*Client{a, b} {
		await(t, "be back, with the standby", func() bool {
			_, _ = c.Tier().Get("kept")
			return c.Stats().Up && c.Stats().Sessions >= 2
		})
	}
	wantBody(t, b.Tier(), "kept", "kept")
	wantMissing(t, a.Tier(), "purged")
	mustPut(t, b.Tier(), page("new", 0, "new"))
	wantBody(t, a.Tier(), "new", "new")
	letter.Whole = false
	if answer, err := ledger.Exchange(letter); err != nil || answer.Word != quota.Stranger {
		t.Errorf("got (%+v, %v), want all to tell what they know", answer, err)
	}
}
