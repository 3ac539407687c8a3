package app

import (
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"perigee/config"
)

// Paths of the admin listener that Client asks for.
const (
	readyPath = "/readyz"
	purgePath = "/purge"
)

// adminHandler is what operators and their machines see. It has no path in
// common with the traffic listener. troubles says, in words for operators, what
// is wrong with a proxy that answers all the same. Probes are answered by any name, and
// by one that is not allowed they learn no more than a status tells.
func adminHandler(metrics, purge http.Handler, ready func() bool, troubles func() []string, names hostNames) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", names.only(metrics))
	mux.Handle("POST "+purgePath, names.only(purge))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, "alive")
	})
	mux.HandleFunc("GET "+readyPath, func(w http.ResponseWriter, r *http.Request) {
		if !ready() {
			say(w, http.StatusServiceUnavailable, "shutting down")
			return
		}
		state := []string{"ready"}
		if names.allow(r) {
			state = append(state, troubles()...)
		}
		say(w, http.StatusOK, strings.Join(state, "\n"))
	})
	return mux
}

// hostNames are the names by which the admin listener may be asked, beside its own
// addresses and those of this machine: "*" is any. A web page can have a name of its
// own lead to any address (DNS rebinding), and would then be of the same origin, but
// the name stays in Host.
type hostNames []string

// namesOf are those of the settings. The listener's own may be a name.
func namesOf(c *config.Config) hostNames {
	host, _, _ := net.SplitHostPort(string(c.AdminListen)) // it was read as one
	return append(hostNames{strings.ToLower(host)}, c.AdminHosts...)
}

// only refuses requests by other names.
func (n hostNames) only(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !n.allow(r) {
			refuse(w, http.StatusMisdirectedRequest, "The admin listener is not known by this Host. PERIGEE_ADMIN_HOSTS allows more than its own addresses and localhost.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// allow reports whether the Host of r is allowed. No browser leaves it out.
func (n hostNames) allow(r *http.Request) bool {
	host := strings.ToLower((&url.URL{Host: r.Host}).Hostname())
	host = strings.TrimSuffix(host, ".")
	if host == "" {
		return r.Host == ""
	}
	if addr, err := netip.ParseAddr(host); err == nil && (addr.Unmap().IsLoopback() || isLocal(r, addr)) {
		return true
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || slices.Contains(n, host) || slices.Contains(n, "*")
}

// isLocal reports whether addr is the one that the client has connected to.
func isLocal(r *http.Request, addr netip.Addr) bool {
	tcp, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && tcp.AddrPort().Addr().Unmap().WithZone("") == addr.Unmap().WithZone("")
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // a prober that left needs no answer
}
