package valkey

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"perigee/cache"
	"perigee/cache/valkey/valkeytest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// generous is a timeout that no server on a busy machine exceeds.
const generous = 5 * time.Second

// member is a client with its tier.
type member struct {
	*Client
	tier *Tier
}

// Tier returns the tier.
func (m *member) Tier() *Tier { return m.tier }

// unstarted returns a client that is closed with the test.
func unstarted(t testing.TB, o Options) *Client {
	t.Helper()
	if o.Namespace == "" {
		o.Namespace = "test"
	}
	if o.Replica == "" {
		o.Replica = "a"
	}
	if o.Timeout == 0 {
		o.Timeout = generous
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// client returns a client that is started, and closed with the test.
func client(t testing.TB, o Options, tier ...TierOptions) *member {
	t.Helper()
	c := unstarted(t, o)
	m := &member{Client: c, tier: NewTier(c, append(tier, TierOptions{})[0])}
	c.Start()
	return m
}

// reached is client, and waits until the server is reached.
func reached(t testing.TB, o Options, tier ...TierOptions) *member {
	t.Helper()
	c := client(t, o, tier...)
	await(t, "reach the server", func() bool { return c.Stats().Up })
	return c
}

// replica is reached, of another name.
func replica(t testing.TB, s *valkeytest.Server, name string) *member {
	t.Helper()
	return reached(t, Options{URL: s.URL(), Replica: name})
}

// await waits for what nobody tells of.
func await(t testing.TB, what string, met func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for !met() {
		select {
		case <-ctx.Done():
			t.Fatalf("it takes too long to %s", what)
		case <-ticker.C:
		}
	}
}

// page returns an entry that was asked for so many seconds ago, and is of use
// for a day.
func page(key cache.Key, secondsAgo int, body string) *cache.Entry {
	asked := time.Now().Add(-time.Duration(secondsAgo) * time.Second)
	return &cache.Entry{
		Key: key, Status: 200, Body: []byte(body), Asked: asked, Answered: asked,
		FreshUntil: asked.Add(time.Hour), StaleIfErrorUntil: asked.Add(24 * time.Hour),
	}
}

func mustPut(t testing.TB, tier *Tier, e *cache.Entry) {
	t.Helper()
	if err := tier.Put(e); err != nil {
		t.Fatalf("put %q: %v", e.Key, err)
	}
}

// wantBody checks what is held under a key.
func wantBody(t testing.TB, tier *Tier, key cache.Key, want string) {
	t.Helper()
	if e, ok := tier.Get(key); !ok || string(e.Body) != want {
		t.Errorf("got (%v, %t) for %q, want the body %q", e, ok, key, want)
	}
}

func wantMissing(t testing.TB, tier *Tier, key cache.Key) {
	t.Helper()
	if e, ok := tier.Get(key); ok || e != nil {
		t.Errorf("got (%v, %t) for %q, want a miss", e, ok, key)
	}
}
