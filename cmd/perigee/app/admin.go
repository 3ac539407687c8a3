package app

import (
	"io"
	"net/http"
	"strings"
)

// Paths of the admin listener that Client asks for.
const (
	readyPath = "/readyz"
	purgePath = "/purge"
)

// adminHandler is what operators and their machines see. It has no path in
// common with the traffic listener. troubles says, in words for operators, what
// is wrong with a proxy that answers all the same.
func adminHandler(metrics, purge http.Handler, ready func() bool, troubles func() []string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.Handle("POST "+purgePath, purge)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, "alive")
	})
	mux.HandleFunc("GET "+readyPath, func(w http.ResponseWriter, _ *http.Request) {
		if !ready() {
			say(w, http.StatusServiceUnavailable, "shutting down")
			return
		}
		say(w, http.StatusOK, strings.Join(append([]string{"ready"}, troubles()...), "\n"))
	})
	return mux
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // a prober that left needs no answer
}
