package app

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"perigee/cache"
	"perigee/proxy"
	"perigee/proxy/respond"
)

const (
	purgeTarget  = "target" // the name of the form's field
	maxPurgeForm = 64 << 10 // bytes
)

// Purged is what a purge has removed, in JSON.
type Purged struct {
	Target string        `json:"target"`
	Cached []PurgedEntry `json:"cached"`
}

// PurgedEntry is an entry that was cached by the replica that was asked.
type PurgedEntry struct {
	Key      string    `json:"key"`
	Answered time.Time `json:"answered"` // by upstream
}

// purgeHandler removes what answers the target that it is sent.
type purgeHandler struct {
	purge func(target string) ([]*cache.Entry, error)
	log   *slog.Logger
}

// newPurgeHandler lets no page of another origin have a browser ask: each purge
// costs an upstream request in the end.
func newPurgeHandler(purge func(target string) ([]*cache.Entry, error), log *slog.Logger) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusForbidden, "A web page of another origin sent this. Use perigee purge, or a client that is no browser.")
	}))
	return protection.Handler(purgeHandler{purge, log})
}

func (p purgeHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxPurgeForm)
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, "The form cannot be read: "+err.Error()+".")
		return
	}
	targets := r.Form[purgeTarget]
	if len(targets) != 1 {
		refuse(w, http.StatusBadRequest, "One field named "+purgeTarget+" is needed, a path with or without a query or a whole URL.")
		return
	}
	target := pathOf(targets[0])
	removed, err := p.purge(target)
	switch {
	case errors.Is(err, proxy.ErrTarget):
		refuse(w, http.StatusBadRequest, "Nothing was purged: the target is "+err.Error()+".")
		return
	case err != nil:
		p.log.Error("a purge did not reach every replica: purge it again", "target", target, "err", err)
		refuse(w, http.StatusServiceUnavailable, "What is cached here was purged, but it may come back: "+err.Error()+". Purge it again when /readyz tells of no trouble.")
		return
	}
	report := Purged{Target: target, Cached: []PurgedEntry{}}
	for _, e := range removed {
		report.Cached = append(report.Cached, PurgedEntry{e.Key, e.Answered.UTC()})
	}
	p.log.Info("purged", "target", target, "cached", len(removed), "by", r.RemoteAddr)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(report) // who left needs no answer
}

// pathOf takes scheme and host off a URL: there is only one upstream. All else stays
// as it was written.
func pathOf(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return target
	}
	_, rest, _ := strings.Cut(target, "://")
	i := strings.IndexAny(rest, "/?#")
	if i < 0 {
		return "/"
	}
	return rest[i:]
}

// refuse answers with a problem (RFC 9457).
func refuse(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", respond.ProblemType)
	w.WriteHeader(status)
	_, _ = w.Write((&respond.Problem{Status: status, Detail: detail}).Body()) // who left needs no answer
}
