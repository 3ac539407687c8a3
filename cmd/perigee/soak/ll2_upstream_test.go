package soak

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// collection is a list of the kind that Launch Library 2 has. Its elements are in the
// order of their ids, the latest first, and new ones come: the others move down.
type collection struct {
	path   string
	uuids  bool
	modes  bool
	size   int64         // at the beginning
	growth time.Duration // from one new element to the next; zero: none
	ttl    time.Duration // how long the proxy is told to take its answers for fresh
}

func collections() []*collection {
	return []*collection{
		{path: "/2.3.0/launches/", uuids: true, modes: true, size: 230, growth: 1300 * time.Millisecond, ttl: ll2TTL},
		{path: "/2.3.0/pads/", size: 137, growth: 900 * time.Millisecond, ttl: ll2TTL},
		{path: "/2.3.0/config/orbits/", size: 61, ttl: ll2ConfigTTL}, // pages never tell by their count when they were made
		{path: "/2.2.0/pad/", size: 93, growth: 2 * time.Second, ttl: ll2TTL},
	}
}

// documents are of no list. The second and the third are in no table of the proxy.
func documents() []string {
	return []string{"/2.3.0/dashboard/starship/", "/2.3.0/weather/", "/2.2.0/dashboard/launch/"}
}

// outside is a path that the proxy passes through.
const outside = "/docs/index.html"

const elementPeriod = 700 * time.Millisecond // from one version of an element to the next

func (c *collection) count(at moment) int64 {
	if c.growth == 0 {
		return c.size
	}
	return c.size + int64(at/c.growth)
}

func (c *collection) id(n int64) string {
	if c.uuids {
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	}
	return strconv.FormatInt(n, 10)
}

// number is the reverse of id; 0 for what is none.
func (c *collection) number(id string) int64 {
	if c.uuids && len(id) == 36 {
		id = strings.TrimLeft(id[24:], "0")
	}
	n, _ := strconv.ParseInt(id, 10, 64)
	return n
}

// appendElement appends the element with a number as an exchange has it.
func (c *collection) appendElement(b []byte, base string, n int64, mode string, x exchange) []byte {
	id := c.id(n)
	b = append(b, `{"id":`...)
	if c.uuids {
		b = strconv.AppendQuote(b, id)
	} else {
		b = append(b, id...)
	}
	b = append(b, `,"url":"`+base+c.path+id+`/"`...)
	if c.modes {
		b = append(b, `,"response_mode":"`+mode+`"`...)
	}
	b = fmt.Appendf(b, `,"name":"%d","count":%d,"serial":%d,"version":%d`, n, x.count, x.serial, int64(x.at+time.Duration(n)*37*time.Millisecond)/int64(elementPeriod))
	if c.modes && mode == "detailed" {
		b = append(b, `,"description":"`+strings.Repeat("It flies. ", 20)+`"`...)
	}
	return append(b, '}')
}

// page is what is asked for of a list.
type page struct {
	limit, offset int64
	mode          string
	query         url.Values
}

func pageOf(query url.Values) page {
	p := page{limit: 10, mode: "normal", query: query}
	if n, err := strconv.ParseInt(query.Get("limit"), 10, 64); err == nil {
		p.limit = min(n, 100)
	}
	p.offset, _ = strconv.ParseInt(query.Get("offset"), 10, 64)
	if mode := query.Get("mode"); mode != "" {
		p.mode = mode
	}
	return p
}

// appendPage appends a page of a list of count elements, as Django REST Framework
// writes it. from has for each element the exchange that it is from.
func (c *collection) appendPage(b []byte, base string, p page, count int64, from func(i int) exchange) []byte {
	b = fmt.Appendf(b, `{"count":%d,"next":`, count)
	b = appendLink(b, base+c.path, p, p.offset+p.limit, p.offset+p.limit < count)
	b = append(b, `,"previous":`...)
	b = appendLink(b, base+c.path, p, p.offset-p.limit, p.offset > 0)
	b = append(b, `,"results":[`...)
	for i := range p.length(count) {
		if i > 0 {
			b = append(b, ',')
		}
		x := from(int(i))
		b = c.appendElement(b, base, x.count-p.offset-i, p.mode, x)
	}
	return append(b, "]}"...)
}

// length is how many elements the page has in a list of count elements.
func (p page) length(count int64) int64 { return max(0, min(p.limit, count-p.offset)) }

func appendLink(b []byte, list string, p page, offset int64, there bool) []byte {
	if !there {
		return append(b, "null"...)
	}
	query := url.Values{}
	for name, values := range p.query {
		query[name] = values
	}
	query.Set("limit", strconv.FormatInt(p.limit, 10))
	query.Del("offset")
	if offset > 0 {
		query.Set("offset", strconv.FormatInt(offset, 10))
	}
	return strconv.AppendQuote(b, list+"?"+query.Encode())
}

func appendDocument(b []byte, path string, x exchange) []byte {
	return fmt.Appendf(b, `{"path":%q,"serial":%d,"version":%d}`, path, x.serial, int64(x.at/elementPeriod))
}

// ll2Upstream stands in for Launch Library 2.
type ll2Upstream struct {
	*history
	faults      *faults
	collections []*collection
}

// place finds what a path is: a page of a list, an element (with its number), or
// neither.
func (u *ll2Upstream) place(path string) (c *collection, number int64) {
	for _, c := range u.collections {
		if rest, ok := strings.CutPrefix(path, c.path); ok {
			if rest == "" {
				return c, 0
			}
			return c, max(c.number(strings.TrimSuffix(rest, "/")), 1)
		}
	}
	return nil, 0
}

func (u *ll2Upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/api-throttle/") {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"your_request_limit":60000,"limit_frequency_secs":60,"current_use":0,"next_use_secs":0,"ident":"secret"}`))
		return
	}
	f, latency := u.faults.draw()
	serial := u.begin(r.URL.Path, f)
	defer func() { u.end(serial, r.Context().Err() != nil) }()
	pause(r.Context(), latency/2)
	if early(w, r, f, serial) {
		return
	}
	status, body := u.answer(r, serial)
	pause(r.Context(), latency/2)
	if f == malformed {
		body = body[:len(body)/2]
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Vary", "Accept")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if f == cutBody {
		w = &cutWriter{w, len(body) / 2, nil}
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func (u *ll2Upstream) answer(r *http.Request, serial int) (status int, body []byte) {
	base, at := "http://"+r.Host, u.now()
	c, number := u.place(r.URL.Path)
	if c == nil {
		u.says(serial, 0, 0, at)
		return http.StatusOK, appendDocument(nil, r.URL.Path, exchange{serial: serial, at: at})
	}
	count := c.count(at)
	u.says(serial, 0, count, at)
	x := exchange{serial: serial, at: at, count: count}
	switch {
	case number > count:
		return http.StatusNotFound, bytes.Clone(notFound)
	case number > 0:
		return http.StatusOK, c.appendElement(nil, base, number, "detailed", x)
	}
	return http.StatusOK, c.appendPage(nil, base, pageOf(r.URL.Query()), count, func(int) exchange { return x })
}

var notFound = []byte(`{"detail":"Not found."}`)
