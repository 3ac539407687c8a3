package valkey

import (
	"crypto/x509"
	"path/filepath"
	"strings"
	"testing"

	"perigee/cache/cachetest"
	"perigee/cache/valkey/valkeytest"
	"perigee/proxy/quota"
)

// tryAll has two replicas do everything once.
func tryAll(t *testing.T, o Options) {
	t.Helper()
	o.Lease = long
	o.Replica = "a"
	a := reached(t, o)
	o.Replica = "b"
	b := reached(t, o)
	mustPut(t, a.Tier(), page("key", 10, "old"))
	wantBody(t, b.Tier(), "key", "old")
	l := lead(t, a, "key")
	f := follow(t, b, "key")
	l.Left()
	l.renew()
	if err := l.Land(page("key", 0, "new")); err != nil {
		t.Fatal(err)
	}
	wantEvents(t, f, Event{Kind: Left}, Event{Kind: Landed})
	wantBody(t, b.Tier(), "key", "new")
	mustDelete(t, b, "key")
	await(t, "hear of the purge", func() bool { return a.Stats().PurgesHeard == 1 })
	wantMissing(t, a.Tier(), "key")
	ledger := &Ledger{client: a, names: names{namespace: "quota"}}
	answer, err := ledger.Exchange(quota.Letter{Replica: "a", Whole: true, Found: "e", Span: 1000, Hold: 1000, Room: 5})
	if err != nil || answer.Word != quota.Read || answer.Epoch != "e" {
		t.Errorf("got (%+v, %v), want a ledger", answer, err)
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
