package soak

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// kind says what upstream says of some of its resources, and what a cache may do.
type kind struct {
	name     string
	control  string        // Cache-Control
	lifetime time.Duration // how long a shared cache may take an answer for fresh
	swr, sie time.Duration // past its freshness; sie is -1 where the settings decide
	unstored bool          // a cache may not give it to anybody but who caused it
	checked  bool          // it must be validated each time
	strict   bool          // it must not be served stale
	personal bool          // it is for who is named in Authorization
	weak     bool          // its entity tags are weak
	untagged bool          // it has none
	varies   bool          // by Accept-Language
	chunked  bool          // without a length
	vanishes bool          // every other version is 404
	size     int           // bytes
}

func kinds() []kind {
	return []kind{
		{name: "fresh", control: "max-age=1", lifetime: time.Second, sie: -1, size: 2000},
		{name: "swr", control: "max-age=1, stale-while-revalidate=2", lifetime: time.Second, swr: 2 * time.Second, sie: -1, size: 2000},
		{name: "sie", control: "max-age=1, stale-if-error=3", lifetime: time.Second, sie: 3 * time.Second, size: 2000},
		{name: "must", control: "max-age=1, must-revalidate", lifetime: time.Second, strict: true, size: 500},
		{name: "shared", control: "max-age=0, s-maxage=2", lifetime: 2 * time.Second, strict: true, size: 500},
		{name: "checked", control: "no-cache", checked: true, strict: true, size: 500},
		{name: "unstored", control: "no-store", unstored: true, strict: true, size: 500},
		{name: "private", control: "private, max-age=60", unstored: true, strict: true, size: 500},
		{name: "silent", unstored: true, strict: true, untagged: true, size: 500},
		{name: "personal", control: "max-age=60", unstored: true, strict: true, personal: true, size: 500},
		{name: "weak", control: "max-age=1", lifetime: time.Second, sie: -1, weak: true, size: 500},
		{name: "untagged", control: "max-age=2", lifetime: 2 * time.Second, sie: -1, untagged: true, size: 500},
		{name: "varies", control: "max-age=2", lifetime: 2 * time.Second, sie: -1, varies: true, size: 500},
		{name: "chunked", control: "max-age=1", lifetime: time.Second, sie: -1, chunked: true, size: 20_000},
		{name: "vanishes", control: "max-age=1", lifetime: time.Second, sie: -1, vanishes: true, size: 200},
		{name: "big", control: "max-age=3", lifetime: 3 * time.Second, sie: -1, size: 600_000},
	}
}

// each is how many resources there are of a kind.
const each = 3

// httpUpstream is any HTTP server. A resource changes when it is asked for after a
// while, and with every POST.
type httpUpstream struct {
	*history
	faults *faults
	kinds  map[string]kind // by name

	mu      sync.Mutex // guards the field below
	current map[string]state
}

// state is that of a resource.
type state struct {
	version int64
	since   moment
}

func newHTTPUpstream(h *history, f *faults) *httpUpstream {
	u := &httpUpstream{history: h, faults: f, kinds: make(map[string]kind), current: make(map[string]state)}
	for _, k := range kinds() {
		u.kinds[k.name] = k
	}
	return u
}

// kindOf returns that of a target, which is /KIND/NUMBER.
func (u *httpUpstream) kindOf(target string) kind {
	name, _, _ := strings.Cut(strings.TrimPrefix(target, "/"), "/")
	return u.kinds[name]
}

// state returns the version that a resource has now, the next one if it is changed.
func (u *httpUpstream) state(target string, changed bool) (version int64, at moment) {
	u.mu.Lock()
	defer u.mu.Unlock()
	s, at := u.current[target], u.now()
	if changed || s.version == 0 || at-s.since > 700*time.Millisecond {
		s = state{s.version + 1, at}
		u.current[target] = s
	}
	return s.version, at
}

// content is what a version of a resource is in bytes.
func (k kind) content(target, language string, version int64) []byte {
	line := fmt.Sprintf("%s in %s, version %d\n", target, language, version)
	return bytes.Repeat([]byte(line), 1+k.size/len(line))
}

// tag is the entity tag of a version.
func (k kind) tag(language string, version int64) string {
	tag := fmt.Sprintf(`"%s-%d"`, language, version)
	if k.weak {
		return "W/" + tag
	}
	return tag
}

// language is what a resource is answered in.
func (k kind) language(h http.Header) string {
	if k.varies {
		return h.Get("Accept-Language")
	}
	return "no language"
}

func (u *httpUpstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, latency := u.faults.draw()
	if f == cutBody && r.Method == http.MethodHead {
		f = noFault
	}
	serial := u.begin(r.URL.Path, f)
	defer func() { u.end(serial, r.Context().Err() != nil) }()
	pause(r.Context(), latency/2)
	if r.Method == http.MethodPost {
		u.post(w, r, f, serial)
		return
	}
	if early(w, r, f, serial) {
		return
	}
	u.represent(w, r, f, serial, latency/2)
}

// post changes a resource, also where the client does not hear of it.
func (u *httpUpstream) post(w http.ResponseWriter, r *http.Request, f fault, serial int) {
	if f != noFault && serial%2 == 0 && early(w, r, f, serial) {
		return
	}
	version, at := u.state(r.URL.Path, true)
	u.says(serial, version, 0, at)
	if early(w, r, f, serial) {
		return
	}
	w.Header().Set(versionField, strconv.FormatInt(version, 10))
	w.WriteHeader(http.StatusNoContent)
}

// versionField is where upstream writes the version.
const versionField = "X-Version"

func (u *httpUpstream) represent(w http.ResponseWriter, r *http.Request, f fault, serial int, latency time.Duration) {
	k := u.kindOf(r.URL.Path)
	version, at := u.state(r.URL.Path, false)
	u.says(serial, version, 0, at)
	pause(r.Context(), latency)
	language, header := k.language(r.Header), w.Header()
	body := k.content(r.URL.Path, language, version)
	header.Set("Content-Type", "text/plain")
	header.Set(serialField, strconv.Itoa(serial))
	header.Set(versionField, strconv.FormatInt(version, 10))
	if k.control != "" {
		header.Set("Cache-Control", k.control)
	}
	if !k.untagged {
		header.Set("ETag", k.tag(language, version))
	}
	if k.varies {
		header.Set("Vary", "Accept-Language")
	}
	if k.personal {
		header.Set("X-For", r.Header.Get("Authorization"))
	}
	if f == cutBody {
		w = &cutWriter{w, len(body) / 2, func() { u.spare(serial) }}
	}
	switch {
	case k.vanishes && version%2 == 1:
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write(body)
	case k.chunked && r.Header.Get("If-None-Match") == "":
		_, _ = w.Write(body[:len(body)/3])
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write(body[len(body)/3:])
	default:
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}
}
