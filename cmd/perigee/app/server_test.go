package app

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"perigee/cache"
	"perigee/config"
)

func TestServerAnswersUntilItIsClosed(t *testing.T) {
	t.Parallel()
	s, err := Listen("test", "127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	}), 0, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	resp, err := http.Get(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); string(body) != "hello" {
		t.Errorf("got %q, %v", body, err)
	}
	resp.Body.Close()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := http.Get(s.URL()); err == nil {
		t.Error("it answers after it was closed")
	}
}

// broken has a defect where operators ask.
type broken struct{ handler }

func (broken) Purge(string) ([]*cache.Entry, error) { panic("a defect") }

// A panic of a handler of the admin listener was logged at debug, and not counted.
func TestAPanicOnTheAdminListenerIsAnAnswerAndIsCounted(t *testing.T) {
	t.Parallel()
	c, _, err := config.Load([]string{
		"PERIGEE_UPSTREAM_URL=http://127.0.0.1:1", "PERIGEE_LISTEN=127.0.0.1:0", "PERIGEE_ADMIN_LISTEN=127.0.0.1:0", "PERIGEE_SHUTDOWN_DELAY=0s",
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	a.handler = broken{a.handler}
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	resp, err := http.PostForm(a.AdminURL()+purgePath, url.Values{purgeTarget: {"/x"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusInternalServerError {
		t.Errorf("got %s", resp.Status)
	}
	if resp, err = http.Get(a.AdminURL() + "/metrics"); err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(body), "\nperigee_panics_recovered_total 1\n") {
		t.Errorf("it is not counted: %v", err)
	}
}

// A listener that fails ends the program, and is its error.
func TestAListenerThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	s, err := Listen("test", "127.0.0.1:0", http.NotFoundHandler(), 0, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	s.listener.Close()
	if err := s.Run(t.Context()); !errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), "serve test: ") {
		t.Errorf("got %v from the server", err)
	}

	for name, which := range map[string]func(*App) *Server{
		"traffic": func(a *App) *Server { return a.traffic }, "admin": func(a *App) *Server { return a.admin },
	} {
		c, _, err := config.Load([]string{"PERIGEE_UPSTREAM_URL=http://127.0.0.1:1", "PERIGEE_LISTEN=127.0.0.1:0", "PERIGEE_ADMIN_LISTEN=127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		a, err := New(c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Start(); err != nil {
			t.Fatal(err)
		}
		which(a).listener.Close()
		if err := a.Run(t.Context(), nil); !errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), "serve "+name+": ") {
			t.Errorf("got %v from the app whose %s listener failed", err, name)
		}
	}
}
