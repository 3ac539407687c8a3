package valkey

import (
	"crypto/x509"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"perigee/cache/cachetest"
	"perigee/cache/valkey/valkeytest"
)

// tryAll has two replicas do everything once.
func tryAll(t *testing.T, o Options) {
	t.Helper()
	o.Replica = "a"
	a := reached(t, o)
	o.Replica = "b"
	b := reached(t, o)
	mustPut(t, a.Tier(), page("key", 10, "old"))
	wantBody(t, b.Tier(), "key", "old")
	mustPut(t, a.Tier(), page("key", 0, "new"))
	wantBody(t, b.Tier(), "key", "new")
	mustDelete(t, b, "key")
	await(t, "hear of the purge", func() bool { return a.Tier().Stats().PurgesHeard == 1 })
	wantMissing(t, a.Tier(), "key")
	heard := make(chan string, 1)
	o.Replica = "c"
	c := unstarted(t, o)
	c.OnMessage("greeting", func(from string, body []byte) { heard <- from + string(body) })
	c.Start()
	await(t, "reach the server", func() bool { return c.Stats().Up })
	if err := a.Publish(t.Context(), "greeting", 1); err != nil {
		t.Fatal(err)
	}
	if got := <-heard; got != "a1" {
		t.Errorf("got %q, want what was published", got)
	}
	if got, err := a.Run(t.Context(), NewScript("return {ARGV[1], 2}"), 0, []string{"perigee:{x}:y"}, "one"); err != nil || fmt.Sprint(got) != "[one 2]" {
		t.Errorf("got (%v, %v) from a script", got, err)
	}
	if got := a.Stats(); got.Losses+got.Declined+got.Crowded != 0 {
		t.Errorf("got %+v, want no trouble", got)
	}
}

func TestTLS(t *testing.T) {
	s, authority := valkeytest.StartTLS(t, "--requirepass", "password")
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		t.Fatal("the authority cannot be read")
	}
	tryAll(t, Options{URL: s.URL(), Password: "password", CA: pool})
	t.Run("another authority", func(t *testing.T) {
		var log cachetest.Logbook
		c := client(t, Options{URL: s.URL(), Password: "password", Logger: log.Logger()})
		await(t, "be refused", func() bool { return len(log.Lines("certificate")) > 0 })
		if c.Stats().Up {
			t.Error("the server is trusted")
		}
	})
}

func TestPasswordInURL(t *testing.T) {
	s := valkeytest.Start(t, "--requirepass", "pass@word")
	tryAll(t, Options{URL: strings.Replace(s.URL(), "://", "://:pass%40word@", 1) + "/1"})
}

func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	valkeytest.Start(t, "--unixsocket", path)
	tryAll(t, Options{URL: "unix://" + path})
}

func TestCluster(t *testing.T) {
	s := valkeytest.StartCluster(t, 1)[0]
	tryAll(t, Options{URL: s.URL() + "?addr=" + s.Addr()})
}

func TestSentinel(t *testing.T) {
	sentinel := valkeytest.StartSentinel(t, valkeytest.Start(t, "--requirepass", "password"))
	sentinel.Do("SENTINEL SET " + valkeytest.MasterName + " auth-pass password")
	tryAll(t, Options{URL: sentinel.URL() + "?master_name=" + valkeytest.MasterName, Password: "password"})
}
