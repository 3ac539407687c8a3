package main

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
)

// readiness tells load balancers whether to send requests here.
type readiness struct{ ready atomic.Bool }

// adminHandler is what operators and their machines see. It has no path in
// common with the traffic listener.
func adminHandler(state *readiness, p *perigee, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.metrics)
	mux.Handle("POST "+purgePath, newPurging(p.handler, log))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, "alive")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !state.ready.Load() {
			say(w, http.StatusServiceUnavailable, "shutting down")
			return
		}
		say(w, http.StatusOK, strings.Join(append([]string{"ready"}, p.store.ailments()...), "\n"))
	})
	return mux
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // a prober that left needs no answer
}
