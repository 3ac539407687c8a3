package app_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"perigee/cmd/perigee/app"
	"perigee/config"
)

const (
	anyPort = "127.0.0.1:0"
	nobody  = "127.0.0.1:1" // nothing listens there
)

// settings are those of an environment, with ports that nobody else has.
func settings(t *testing.T, environ ...string) *config.Config {
	t.Helper()
	c, _, err := config.Load(append(environ, // of two values the first holds
		"PERIGEE_UPSTREAM_URL=http://"+nobody, "PERIGEE_LISTEN="+anyPort, "PERIGEE_ADMIN_LISTEN="+anyPort, "PERIGEE_SHUTDOWN_DELAY=0s"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// messages are what is logged, one by one.
type messages chan string

func (messages) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }
func (m messages) WithAttrs([]slog.Attr) slog.Handler             { return m }
func (m messages) WithGroup(string) slog.Handler                  { return m }
func (m messages) Handle(_ context.Context, r slog.Record) error {
	m <- r.Message
	return nil
}

// await waits until a message is logged.
func (m messages) await(want string) {
	for got := range m {
		if got == want {
			return
		}
	}
}

// started is an app that answers, and its log.
func started(t *testing.T, c *config.Config) (*app.App, messages) {
	t.Helper()
	log := make(messages, 100)
	a, err := app.New(c, slog.New(log))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	return a, log
}

// adminOf asks the admin listener of a.
func adminOf(t *testing.T, a *app.App) *app.Client {
	t.Helper()
	client, err := app.NewClient(&config.Config{AdminListen: config.Address(strings.TrimPrefix(a.AdminURL(), "http://"))})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestRunServesUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"ll2", "http"} {
		a, log := started(t, settings(t, "PERIGEE_PROFILE="+profile))
		admin := adminOf(t, a)
		if state, err := admin.Ready(t.Context()); err != nil || state != "ready\n" {
			t.Errorf("%s: ready: %q, %v", profile, state, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := a.Run(ctx, nil); err != nil {
			t.Errorf("%s: got %v from a run that ends as it should", profile, err)
		}
		log.await("shutting down")
		if _, err := admin.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "not running") {
			t.Errorf("%s: got %v afterwards", profile, err)
		}
		if resp, err := http.Get(a.TrafficURL()); err == nil {
			resp.Body.Close()
			t.Errorf("%s: apps are answered afterwards: %d", profile, resp.StatusCode)
		}
	}
}

func TestCloseWithoutStart(t *testing.T) {
	t.Parallel()
	a, err := app.New(settings(t, "PERIGEE_DATA_DIR="+t.TempDir()), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// After a port in use nothing is left open: another app has the data folder for
// itself at once.
func TestStartOnAPortInUseClosesAll(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	folder := "PERIGEE_DATA_DIR=" + t.TempDir()
	for name, taken := range map[string]string{
		"traffic": "PERIGEE_LISTEN=" + l.Addr().String(), "admin": "PERIGEE_ADMIN_LISTEN=" + l.Addr().String(),
	} {
		a, err := app.New(settings(t, folder, taken), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Start(); !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "listen for "+name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	a, _ := started(t, settings(t, folder))
	if state, err := adminOf(t, a).Ready(t.Context()); err != nil || state != "ready\n" {
		t.Errorf("got %q, %v from the next", state, err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

func TestABrokenKeysFileIsAFault(t *testing.T) {
	t.Parallel()
	c := settings(t, "PERIGEE_CLIENT_KEYS_FILE="+filepath.Join(t.TempDir(), "missing"))
	_, err := app.New(c, slog.New(slog.DiscardHandler))
	var faults config.Faults
	if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Variable != "PERIGEE_CLIENT_KEYS_FILE" {
		t.Errorf("got %v", err)
	}
}

func TestRunReadsTheKeysAgainWhenItIsTold(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys")
	write := func(name string) {
		t.Helper()
		if err := os.WriteFile(file, fmt.Appendf(nil, "%s %x\n", name, sha256.Sum256([]byte(name))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	a, log := started(t, settings(t, "PERIGEE_CLIENT_KEYS_FILE="+file, "PERIGEE_CLIENT_KEYS=required"))
	reload, done := make(chan os.Signal), make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- a.Run(ctx, reload) }()
	want := func(when string, key string, status int) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.TrafficURL()+"/2.3.0/api-throttle/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Token "+key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != status {
			t.Errorf("%s, %s: got %d %s, %v, want %d", when, key, resp.StatusCode, body, err, status)
		}
	}
	want("at first", "one", 200)
	want("at first", "two", 401)
	write("two")
	reload <- syscall.SIGHUP
	log.await("the client keys were read again")
	want("after a change", "one", 401)
	want("after a change", "two", 200)
	write("bad name")
	reload <- syscall.SIGHUP
	log.await("the client keys stay as they were")
	want("after a mistake", "two", 200)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
