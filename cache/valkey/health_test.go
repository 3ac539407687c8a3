package valkey

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"perigee/cache/cachetest"
	"perigee/cache/valkey/valkeytest"
)

func TestConditions(t *testing.T) {
	tests := []struct {
		reply string
		want  condition
	}{
		{"+OK", served},
		{"$-1", served},
		{"-LOADING Redis is loading the dataset in memory", unavailable},
		{"-READONLY You can't write against a read only replica.", unavailable},
		{"-READONLY You can't write against a read only replica. script: abc, on @user_script:1.", unavailable},
		{"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", unavailable},
		{"-CLUSTERDOWN The cluster is down", unavailable},
		{"-NOAUTH Authentication required.", unavailable},
		{"-WRONGPASS invalid username-password pair or user is disabled.", unavailable},
		{"-NOPERM this user has no permissions to run the 'evalsha' command", unavailable},
		{"-NOREPLICAS Not enough good replicas to write.", unavailable},
		{"-MISCONF Redis is configured to save RDB snapshots", unavailable},
		{"-BUSY Redis is busy running a script.", unavailable},
		{"-ERR max number of clients reached", unavailable},
		{"-OOM command not allowed when used memory > 'maxmemory'.", outOfMemory},
		{"-OOM command not allowed when used memory > 'maxmemory'. script: abc, on @user_script:1.", outOfMemory},
		{"-WRONGTYPE Operation against a key holding the wrong kind of value", declined},
		{"-ERR something", declined},
		{"", unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.reply, func(t *testing.T) {
			reply := tt.reply
			if reply != "" {
				reply += "\r\n"
			}
			s := fakeSession(t, startFake(t, reply).url())
			_, err := s.command(t.Context(), 1, "get", "key")
			if got := classify(err); got != tt.want {
				t.Errorf("got condition %d on %v, want %d", got, err, tt.want)
			}
		})
	}
}

// fakeSession returns a session that nothing watches over.
func fakeSession(t *testing.T, url string) *session {
	t.Helper()
	p, err := ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{rdb: connect(p, Options{Timeout: generous})}
	s.ctx, s.end = context.WithCancelCause(t.Context())
	t.Cleanup(s.close)
	return s
}

// TestNothingIsSentTwice: what was sent and not answered may have been done.
func TestNothingIsSentTwice(t *testing.T) {
	f := startFake(t, "")
	addr := f.listener.Addr().String()
	for _, url := range []string{f.url(), f.url() + "?addr=" + addr} {
		f.commands = nil
		s := fakeSession(t, url)
		if _, err := s.run(t.Context(), helloScript, []string{"key"}, "a"); err == nil {
			t.Errorf("%s: got no error", url)
		}
		if _, err := s.command(t.Context(), 1, "get", "key"); err == nil {
			t.Errorf("%s: got no error", url)
		}
		if got, want := f.received(), []string{"evalsha", "get"}; !slices.Equal(got, want) {
			t.Errorf("%s: the server got %q, want %q", url, got, want)
		}
	}
}

// TestHealthIsToldOnce however often the server is tried.
func TestHealthIsToldOnce(t *testing.T) {
	var log cachetest.Logbook
	h := health{log: log.Logger()}
	err := errors.New("refused")
	for range 3 {
		h.lost(err)
		h.lost(err)
		h.back()
	}
	if lost, back := log.Lines("Valkey is lost"), log.Lines("Valkey is back"); len(lost) != 3 || len(back) != 3 {
		t.Errorf("got the lines %q and %q, want three of each", lost, back)
	}
	h = health{log: log.Logger()}
	h.back()
	if reached, back := log.Lines("Valkey is reached"), log.Lines("Valkey is back"); len(reached) != 1 || len(back) != 3 {
		t.Errorf("got the lines %q and %q, want it reached for the first time", reached, back)
	}
}

// TestReadOnlyServer: a replica answers pings, and is of no use.
func TestReadOnlyServer(t *testing.T) {
	s := valkeytest.Start(t)
	s.Do("REPLICAOF 127.0.0.1 1")
	var log cachetest.Logbook
	c := client(t, Options{URL: s.URL(), Logger: log.Logger()})
	await(t, "find that it cannot serve", func() bool { return len(log.Lines("READONLY")) > 0 })
	if c.Stats().Up {
		t.Error("got it up")
	}
	s.Do("REPLICAOF NO ONE")
	await(t, "reach the server", func() bool { return c.Stats().Up })
}

// TestFullServer: what cannot be stored is not shared, and no more than that.
func TestFullServer(t *testing.T) {
	s := valkeytest.Start(t)
	var log cachetest.Logbook
	c := reached(t, Options{URL: s.URL(), Logger: log.Logger()})
	tier := c.Tier()
	mustPut(t, tier, page("old", 5, "old"))
	mustPut(t, tier, page("key", 5, "old"))
	s.Do("CONFIG SET maxmemory 1")
	for range 3 {
		if err := tier.Put(page("key", 1, "new")); !errors.Is(err, ErrFull) {
			t.Errorf("put: got error %v, want ErrFull", err)
		}
	}
	wantMissing(t, tier, "key") // an old answer does not come back
	if got := s.Do("EXISTS " + c.Tier().page("key")); got != "0" {
		t.Error("others get the old answer still")
	}
	wantBody(t, tier, "old", "old")
	if err := c.Publish(t.Context(), "kind", nil); err != nil {
		t.Errorf("publish: got error %v, want that it needs no memory", err)
	}
	if err := tier.Delete("old"); err != nil || s.Do("ZCARD "+c.Tier().purged()) != "1" {
		t.Errorf("delete: got error %v, and want a purge noted", err)
	}
	if got := c.Stats(); !got.Up || got.Full != 3 {
		t.Errorf("got %+v, want it up, and 3 calls without memory", got)
	}
	if got := log.Lines("Valkey is full"); len(got) != 1 {
		t.Errorf("got the lines %q, want one", got)
	}
}

// TestPasswordsAreNotTold looks for one in everything that is said about a
// server that does not take it.
func TestPasswordsAreNotTold(t *testing.T) {
	const secret = "5ecr3t"
	s := valkeytest.Start(t, "--requirepass", "another")
	var log cachetest.Logbook
	url := strings.Replace(s.URL(), "://", "://user:"+secret+"@", 1)
	c := client(t, Options{URL: url, Logger: log.Logger()})
	await(t, "be refused", func() bool { return len(log.Lines("Valkey is lost")) > 0 })
	if got := log.Lines("WRONGPASS"); len(got) != 1 {
		t.Errorf("got the lines %q, want one that says why", got)
	}
	if got := log.Lines(secret); len(got) != 0 || strings.Contains(c.server.String(), secret) {
		t.Errorf("the password is told: %q", got)
	}
}
