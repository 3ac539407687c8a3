package valkey

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"perigee/cache"
	"perigee/cache/valkey/valkeytest"
)

// nodes is a Cluster with two replicas that use it.
type nodes struct {
	servers []*valkeytest.Server
	a, b    *member
	keys    []cache.Key
}

// startNodes starts a Cluster of three, of which every node holds pages.
func startNodes(t *testing.T, args ...string) *nodes {
	t.Helper()
	n := &nodes{servers: valkeytest.StartCluster(t, 3, args...)}
	url := n.servers[0].URL() + "?addr=" + n.servers[1].Addr()
	n.a = reached(t, Options{URL: url, Replica: "a"})
	n.b = reached(t, Options{URL: url, Replica: "b"})
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
	name := n.a.Tier().page(key)
	slot = n.servers[0].Do("CLUSTER KEYSLOT " + name)
	node = slices.IndexFunc(n.servers, func(s *valkeytest.Server) bool {
		return s.Do("CLUSTER COUNTKEYSINSLOT "+slot) != "0"
	})
	if node < 0 {
		t.Fatalf("no node holds %q", key)
	}
	return node, slot
}

// Pages and purges lie on whatever node their names say, and the news of each reaches
// those who listen at another.
func TestClusterOfThree(t *testing.T) {
	n := startNodes(t)
	n.wantAll(t)
	for _, key := range n.keys {
		mustPut(t, n.a.Tier(), page(key, 0, "new"))
		wantBody(t, n.b.Tier(), key, "new")
	}
	for i, key := range n.keys {
		mustDelete(t, n.b, key)
		await(t, "hear of the purge", func() bool { return n.a.Tier().Stats().PurgesHeard == uint64(i+1) })
		wantMissing(t, n.a.Tier(), key)
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
	source.Do("MIGRATE " + host + " " + port + " " + n.a.Tier().page(key) + " 0 5000")
	wantBody(t, n.b.Tier(), key, key)             // the source sends us on: ASK
	mustPut(t, n.a.Tier(), page(key, 5, "newer")) // so is who writes
	for _, s := range []*valkeytest.Server{target, source, n.servers[3-from-to]} {
		s.Do("CLUSTER SETSLOT " + slot + " NODE " + targetID)
	}
	wantBody(t, n.b.Tier(), key, "newer") // and now for ever: MOVED
	mustPut(t, n.a.Tier(), page(key, 0, "newest"))
	wantBody(t, n.b.Tier(), key, "newest")
	if node, _ := n.owner(t, key); node != to {
		t.Errorf("node %d holds the page, want %d", node, to)
	}
	for _, c := range []*member{n.a, n.b} {
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
	for _, c := range []*member{n.a, n.b} {
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
// there.
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
	await(t, "have all at the standby", func() bool { return standby.Do("DBSIZE") == server.Do("DBSIZE") })
	server.Kill()
	for _, c := range []*member{a, b} {
		await(t, "be back, with the standby", func() bool {
			_, _ = c.Tier().Get("kept")
			return c.Stats().Up && c.Stats().Sessions >= 2
		})
	}
	wantBody(t, b.Tier(), "kept", "kept")
	wantMissing(t, a.Tier(), "purged")
	mustPut(t, b.Tier(), page("new", 0, "new"))
	wantBody(t, a.Tier(), "new", "new")
}
