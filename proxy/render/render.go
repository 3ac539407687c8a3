// Package render makes answers out of cache entries: a whole entry, a page that is
// cut from wide ones, or one element of a list, each with the links of the client
// that asks. Upstream's bytes are spliced, never decoded and encoded again.
//
// A rendering is made once for all who would get the same, and kept with the entry.
package render

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"perigee/cache"
	"perigee/proxy/clients"
	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
	"perigee/proxy/respond"
)

// Request is all of a request that a rendering depends on.
type Request struct {
	Resource *ll2.Resource
	// Query is the client's own, as it was sent: next and previous repeat it.
	Query string
	// Base is where links lead.
	Base clients.Base
}

// Rendering is an answer's body, with the header fields that depend on nothing
// else. It is immutable and shared.
type Rendering struct {
	Content respond.Content
	// ETag is strong (RFC 9110, section 8.8.3), and the same after a restart.
	ETag string
	// Hit is the Cache-Status field of a hit with the source's Detail.
	Hit respond.Prepared

	fields []field
	key    key
}

// maxCopied is how many bytes a rendering may copy. Longer ones share the bytes of
// their entries, and are put together while they are sent: what clients with links of
// their own ask for must not take memory without bound, however slowly they read.
const maxCopied = 64 << 10

// size is how many bytes of its own the rendering has.
func (r *Rendering) size() int {
	if copied, ok := r.Content.(respond.Bytes); ok {
		return len(copied)
	}
	return ownSize
}

// ownSize is about what a rendering without a copy takes.
const ownSize = 1 << 10

// field is a header field with values that all answers share.
type field struct {
	name   string
	values []string
}

// key tells the renderings that are kept with one entry apart.
type key struct {
	base clients.Base
	echo string // what the rendering repeats of the request
	part int    // of the entry that it is, see Source
	rest []*cache.Entry
}

func (k key) equal(o key) bool {
	return k.echo == o.echo && k.base == o.base && k.part == o.part && slices.Equal(k.rest, o.rest)
}

// SetHeader writes the fields of the rendering into h.
func (r *Rendering) SetHeader(h http.Header) {
	for _, f := range r.fields {
		h[f.name] = f.values
	}
}

// Render returns the rendering of a source for a request, made now if it is not
// kept. One that is cut from several entries is kept with the first.
func Render(s Source, req Request) *Rendering {
	e := s.Entry()
	b := Of(e)
	k := key{base: req.Base, echo: b.echo(e, req)}
	k.part, k.rest = s.part()
	if r := b.kept(k); r != nil {
		return r
	}
	r := write(s, req)
	r.key = k
	b.keep(r, budget(len(e.Body)))
	return r
}

// write makes a rendering.
func write(s Source, req Request) *Rendering {
	c := s.content()
	sub := body.Substitution{Base: req.Base.String(), Suffix: req.Resource.LinkSuffix()}
	if c.paged {
		sub = body.SubstitutionFor(req.Resource, sub.Base, c.count)
	}
	text := c.text(sub)
	r := &Rendering{
		Content: text, ETag: etag(c.identity, sub),
		Hit: respond.Handling{Outcome: respond.Hit, Detail: s.Detail()}.Member(req.Resource.Key).Prepare(nil),
	}
	if text.Len() <= maxCopied {
		r.Content = respond.Bytes(text.Append(nil))
	}
	r.fields = append(fields(s.Entry(), req.Resource, r.ETag), field{"Content-Length", []string{strconv.Itoa(text.Len())}})
	for i := range r.fields {
		if isLinkField(r.fields[i].name) {
			r.fields[i].values = linksOf(s.Entry(), r.fields[i].values, req)
		}
	}
	return r
}

// isLinkField reports whether a field may lead to upstream.
func isLinkField(name string) bool {
	return name == "Location" || name == "Content-Location" || name == "Link"
}

// linksOf returns the values of a field whose references to upstream are relative, as
// they are stored (RFC 9110, section 10.2.2; RFC 8288, section 3), with the client's
// base. Where upstream repeats the query that it was asked, which may be a wider one,
// the client gets its own.
func linksOf(e *cache.Entry, values []string, req Request) []string {
	_, asked, _ := strings.Cut(e.Target, "?")
	links := make([]string, len(values))
	for i, value := range values {
		start, end := 0, len(value)
		if open := strings.Index(value, "</"); open >= 0 {
			start = open + 1
			end = start + strings.IndexByte(value[start:]+">", '>')
		}
		target := value[start:end]
		if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") {
			links[i] = value
			continue
		}
		if path, query, found := strings.Cut(target, "?"); found && query == asked {
			target = path
			if req.Query != "" {
				target += "?" + req.Query
			}
		}
		links[i] = value[:start] + req.Base.String() + target + value[end:]
	}
	return links
}

// etag names the representation: what upstream's bytes are, and all that is put
// into them.
func etag(identity []byte, sub body.Substitution) string {
	h := sha256.New()
	h.Write(identity)
	for _, text := range []string{sub.Base, sub.Suffix, sub.Next, sub.Previous} {
		h.Write([]byte(text))
		h.Write([]byte{0})
	}
	return `"` + hex.EncodeToString(h.Sum(nil)[:12]) + `"`
}

// fields are the header fields that every answer with this rendering has.
func fields(e *cache.Entry, res *ll2.Resource, etag string) []field {
	fs := make([]field, 0, len(e.Header)+6)
	add := func(name string, values ...string) { fs = append(fs, field{name, slices.Clip(values)}) }
	for name, values := range e.Header {
		add(name, values...)
	}
	if _, ok := e.Header["Date"]; !ok {
		add("Date", e.Answered.UTC().Format(http.TimeFormat))
	}
	add("Vary", "Accept")
	if e.Status == http.StatusOK {
		add("Accept-Ranges", "bytes")
	}
	lifetime := e.FreshUntil.Sub(e.Answered)
	if lifetime <= 0 {
		add("Cache-Control", "no-store")
		return fs
	}
	add("Cache-Control", "public, max-age="+respond.Seconds(lifetime+e.Age))
	add("Etag", etag)
	if res.Representation == ll2.JSON && res.Kind != ll2.Unknown {
		add("No-Vary-Search", "key-order")
	}
	return fs
}
