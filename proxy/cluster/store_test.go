package cluster

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"perigee/cache/valkey/valkeytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inTurn has a replica win the lead of a quota, write a ledger, and leave.
func inTurn(t *testing.T, s *shared) {
	t.Helper()
	b := beat{candidate: true, lease: time.Millisecond, forget: time.Hour}
	r := beatOf(t, s, b)
	if r.outcome == other { // of a server that nobody has used
		<-time.After(2 * time.Millisecond)
		r = beatOf(t, s, b)
	}
	if r.outcome != won || r.leader != s.client.Replica() || r.term == 0 {
		t.Fatalf("got %+v, want that it leads", r)
	}
	b = beat{term: r.term, lease: time.Hour, forget: time.Hour}
	if r = beatOf(t, s, b); r.outcome != kept && r.outcome != restored {
		t.Fatalf("got %+v, want that it leads on", r)
	}
	m := mark{r.term, 1}
	if kept, err := s.write(t.Context(), m, []byte("snapshot")); err != nil || !kept {
		t.Fatalf("write: got (%t, %v)", kept, err)
	}
	if kept, err := s.write(t.Context(), m, []byte("earlier")); err != nil || kept {
		t.Fatalf("write once more: got (%t, %v)", kept, err)
	}
	if r = beatOf(t, s, b); r.condition != whole || string(r.snapshot) != "snapshot" || r.mark != m {
		t.Errorf("got %+v, want the ledger", r)
	}
	if err := s.leave(t.Context(), r.term); err != nil {
		t.Fatal(err)
	}
	if kept, err := s.write(t.Context(), mark{m.Term, 2}, []byte("late")); err != nil || kept {
		t.Errorf("write by one that has left: got (%t, %v)", kept, err)
	}
}

func beatOf(t *testing.T, s *shared, b beat) reply {
	t.Helper()
	r, err := s.beat(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStoreOnOneServer(t *testing.T) {
	server := valkeytest.Start(t)
	inTurn(t, newShared(reached(t, server.URL(), "a"), "quota"))
	inTurn(t, newShared(reached(t, server.URL(), "b"), "quota"))
	inTurn(t, newShared(reached(t, server.URL(), "c"), "another-quota"))
}

// Whatever node of a Cluster has the keys, all of one quota lie together.
func TestStoreOnACluster(t *testing.T) {
	servers := valkeytest.StartCluster(t, 3)
	client := reached(t, servers[0].URL()+"?addr="+servers[1].Addr(), "a")
	for _, quota := range []string{"1", "2", "3", "4"} {
		inTurn(t, newShared(client, quota))
	}
}

// A server without memory still takes what is written again and again.
func TestStoreWithoutMemory(t *testing.T) {
	server := valkeytest.Start(t)
	s := newShared(reached(t, server.URL(), "a"), "quota")
	inTurn(t, s)
	server.Do("CONFIG SET maxmemory 1")
	inTurn(t, s)
}

// A standby may lack the last that was written, and so may what a server was saved
// with: such a ledger is not believed.
func TestLedgerAfterAFailover(t *testing.T) {
	server := valkeytest.Start(t, "--repl-diskless-sync-delay", "0")
	standby := valkeytest.StartStandby(t, server)
	sentinel := valkeytest.StartSentinel(t, server, standby)
	client := reached(t, sentinel.URL()+"?master_name="+valkeytest.MasterName, "a")
	s := newShared(client, "quota")
	inTurn(t, s)
	await(t, func() bool { return standby.Do("DBSIZE") == server.Do("DBSIZE") })
	server.Kill()
	b := beat{lease: time.Hour, forget: time.Hour}
	var r reply
	await(t, func() bool {
		var err error
		r, err = s.beat(t.Context(), b)
		return err == nil && client.Stats().Sessions >= 2
	})
	if r.condition != lost || len(r.snapshot) != 0 || r.mark.Seq != 1 {
		t.Errorf("got %+v, want a ledger that may lack something", r)
	}
}

func await(t *testing.T, met func() bool) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !met() {
		select {
		case <-ticker.C:
		case <-t.Context().Done():
			t.Fatal("it takes too long")
		}
	}
}

// Messages and replies that make no sense, as of another version, change nothing.
func TestNonsense(t *testing.T) {
	n := newNode(Options{Lease: time.Second}, nil, "a")
	for _, body := range []string{"", "{", `{"fetch":[{"id":-1}]}`, `{"to":"a","answers":[{"id":7}]}`, `{"term":"x"}`, "[]"} {
		n.exchange.hearRequests("b", []byte(body))
		n.exchange.hearAnswers("b", []byte(body))
		n.hearLedger("b", []byte(body))
	}
	if _, sends := n.Sends(); sends || n.Status().Pending != 0 {
		t.Errorf("got %+v", n.Status())
	}
	n.Close()
	for _, raw := range []any{nil, "text", []any{}, make([]any, 13), []any{"won", "x", "a", int64(1), int64(1), int64(0), int64(0), int64(0), "whole", "1", "1", int64(0), ""}} {
		if r, err := parseReply(raw); err == nil {
			t.Errorf("%v: got %+v", raw, r)
		}
	}
}
