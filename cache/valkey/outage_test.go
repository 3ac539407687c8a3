package valkey

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/cache/cachetest"
	"perigee/cache/valkey/valkeytest"
)

// short is a timeout for servers that do not answer.
const short = 200 * time.Millisecond

// TestPausedServer: the first call takes as long as the timeout, the others no
// time, and nothing has to be done when the server is back.
func TestPausedServer(t *testing.T) {
	s := valkeytest.Start(t)
	var log cachetest.Logbook
	c := reached(t, Options{URL: s.URL(), Timeout: short, Logger: log.Logger()})
	tier := c.Tier()
	mustPut(t, tier, page("key", 1, "body"))
	s.Pause()
	began := time.Now()
	wantMissing(t, tier, "key")
	if took := time.Since(began); took > 4*short {
		t.Errorf("the first call took %v, want about %v", took, short)
	}
	began = time.Now()
	const calls = 100
	for range calls {
		wantMissing(t, tier, "key")
	}
	if took := time.Since(began); took > short {
		t.Errorf("%d calls took %v, want no time", calls, took)
	}
	if err := tier.Put(page("key", 0, "new")); !errors.Is(err, ErrLost) {
		t.Errorf("put: got error %v, want ErrLost", err)
	}
	if err := tier.Delete("key"); !errors.Is(err, ErrLost) {
		t.Errorf("delete: got error %v, want ErrLost", err)
	}
	if err := c.Publish(t.Context(), "kind", nil); !errors.Is(err, ErrLost) {
		t.Errorf("publish: got error %v, want ErrLost", err)
	}
	if got := c.Stats(); got.Up || got.Refused != calls+3 {
		t.Errorf("got %+v, want it lost, and %d calls refused", got, calls+3)
	}
	s.Resume()
	await(t, "be back", func() bool { return c.Stats().Up })
	mustPut(t, tier, page("other", 1, "body"))
	wantBody(t, tier, "other", "body")
	await(t, "log that it is back", func() bool { return len(log.Lines("Valkey is back")) > 0 })
	if lost, back := log.Lines("Valkey is lost"), log.Lines("Valkey is back"); len(lost) != 1 || len(back) != 1 {
		t.Errorf("got the lines %q and %q, want one of each", lost, back)
	}
}

func TestRestartedServer(t *testing.T) {
	s := valkeytest.Start(t)
	c := reached(t, Options{URL: s.URL()})
	tier := c.Tier()
	mustPut(t, tier, page("key", 1, "body"))
	s.Kill()
	wantMissing(t, tier, "key")
	s.Restart()
	await(t, "be back", func() bool { return c.Stats().Sessions == 2 })
	wantMissing(t, tier, "key") // it knows nothing
	mustPut(t, tier, page("key", 1, "body"))
	wantBody(t, tier, "key", "body")
}

// TestStartWithoutServer: starting waits for nothing, and the server is found
// when it comes.
func TestStartWithoutServer(t *testing.T) {
	s := valkeytest.Start(t)
	s.Kill()
	var log cachetest.Logbook
	c := client(t, Options{URL: s.URL(), Logger: log.Logger()})
	wantMissing(t, c.Tier(), "key")
	await(t, "find that there is none", func() bool { return len(log.Lines("Valkey is lost")) > 0 })
	s.Restart()
	await(t, "find the server", func() bool { return c.Stats().Up })
	mustPut(t, c.Tier(), page("key", 1, "body"))
	wantBody(t, c.Tier(), "key", "body")
	if got := c.Stats(); got.Sessions != 1 || got.Losses != 0 {
		t.Errorf("got %+v, want one session and no loss", got)
	}
}

// TestBrokenSubscription: it is renewed, and the server is not lost by it.
func TestBrokenSubscription(t *testing.T) {
	s := valkeytest.Start(t)
	told := make(chan string, 10)
	a := replica(t, s, "a")
	b := reached(t, Options{URL: s.URL(), Replica: "b"}, TierOptions{OnPurge: func(key string, _ time.Time) { told <- key }})
	s.Do("CLIENT KILL TYPE pubsub")
	if err := a.Tier().Delete("key"); err != nil {
		t.Fatal(err)
	}
	if got := <-told; got != "key" {
		t.Errorf("got a purge of %q, want key", got)
	}
	await(t, "subscribe again", func() bool { return b.Stats().Resubscribed == 1 })
	if got := b.Stats(); got.Losses != 0 || !got.Up {
		t.Errorf("got %+v, want no loss", got)
	}
}

// TestSilentServer: that the server is lost is found out without a call too, and
// whoever is to be told of it is.
func TestSilentServer(t *testing.T) {
	s := valkeytest.Start(t)
	b := unstarted(t, Options{URL: s.URL(), Replica: "b", Timeout: short, pingEvery: short / 2})
	reached, lost := make(chan struct{}, 10), make(chan struct{}, 10)
	b.OnReached(func() { reached <- struct{}{} })
	b.OnLost(func() { lost <- struct{}{} })
	b.Start()
	<-reached
	await(t, "ping a few times", func() bool { return calls(t, s, "ping") > 3 })
	if got := b.Stats(); got.Losses != 0 {
		t.Fatalf("got %+v, want no loss", got)
	}
	s.Pause()
	<-lost
	s.Resume()
	<-reached
	if !b.Stats().Up {
		t.Error("it is not up")
	}
}

// TestSlowNetwork: what takes longer than the timeout is as good as lost.
func TestSlowNetwork(t *testing.T) {
	s := valkeytest.Start(t)
	network := valkeytest.NewPartition(t, s.Addr())
	c := reached(t, Options{URL: network.URL(), Timeout: short})
	network.Delay(short)
	if err := c.Tier().Put(page("key", 0, "body")); !errors.Is(err, ErrLost) {
		t.Errorf("got error %v, want ErrLost", err)
	}
	network.Delay(0)
	await(t, "be back", func() bool { return c.Stats().Up })
	mustPut(t, c.Tier(), page("key", 0, "body"))
}

// TestDroppedConnections are closed by what is between, as idle ones are.
func TestDroppedConnections(t *testing.T) {
	s := valkeytest.Start(t)
	network := valkeytest.NewPartition(t, s.Addr())
	c := reached(t, Options{URL: network.URL()})
	mustPut(t, c.Tier(), page("key", 0, "body"))
	network.Drop()
	await(t, "subscribe again", func() bool { return c.Stats().Resubscribed+c.Stats().Losses >= 1 })
	await(t, "be up", func() bool { return c.Stats().Up })
	wantBody(t, c.Tier(), "key", "body")
}

// TestCloseWhileLost: nothing keeps Close.
func TestCloseWhileLost(t *testing.T) {
	s := valkeytest.Start(t)
	c := reached(t, Options{URL: s.URL(), Timeout: short})
	s.Pause()
	wantMissing(t, c.Tier(), "key")
	began := time.Now()
	c.Close()
	c.Close()
	if took := time.Since(began); took > 10*short {
		t.Errorf("Close took %v", took)
	}
	if err := c.Publish(t.Context(), "kind", nil); !errors.Is(err, ErrLost) {
		t.Errorf("publish after Close: got error %v, want ErrLost", err)
	}
}

// calls returns how often the server did something.
func calls(t *testing.T, s *valkeytest.Server, command string) int32 {
	t.Helper()
	for line := range strings.Lines(s.Do("INFO commandstats")) {
		rest, ok := strings.CutPrefix(line, "cmdstat_"+command+":calls=")
		if !ok {
			continue
		}
		number, _, _ := strings.Cut(rest, ",")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		return int32(n)
	}
	return 0
}
