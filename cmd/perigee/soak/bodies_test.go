package soak

import (
	"bytes"
	"net/http"
	"sync"
)

// maxBodies bounds the bytes of bodies that are remembered.
const maxBodies = 32 << 20

// bodies are the latest ones, by target and entity tag: with a strong tag there is one
// body alone, and an answer without a body stands for it. It is safe for concurrent use.
type bodies struct {
	mu    sync.Mutex // guards all below
	known map[string][]byte
	order []string
	size  int
}

func newBodies() *bodies { return &bodies{known: make(map[string][]byte)} }

// of returns the whole body that an answer has or stands for; known is false if no
// client was given it lately.
func (b *bodies) of(a *answer, r *report) (body []byte, known bool) {
	tag := a.header.Get("Etag")
	if a.status == http.StatusOK && a.method == http.MethodGet {
		if before, ok := b.add(a.canonical()+" "+tag, a.body); ok && !bytes.Equal(before, a.body) {
			r.violation("two bodies of one tag", "%v:\n%s\nand before\n%s", a, a.body, before)
		}
		return a.body, true
	}
	body, known = b.get(a.canonical() + " " + tag)
	asked := a.request.header
	switch {
	case a.status == http.StatusNotModified && asked.Get("If-None-Match") != tag:
		r.violation("not modified, but it is", "%v", a)
	case a.status == http.StatusPartialContent && (asked.Get("Range") == "" || asked.Get("If-Range") != "" && asked.Get("If-Range") != tag):
		r.violation("a part that was not asked for", "%v", a)
	case a.status == http.StatusPartialContent && known && a.method == http.MethodGet:
		if err := a.partOf(body); err != nil {
			r.violation("wrong part", "%v: %v", a, err)
		}
	}
	return body, known
}

// add remembers a body, and returns the one that was known under the key.
func (b *bodies) add(key string, body []byte) (before []byte, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if before, ok = b.known[key]; ok {
		return before, true
	}
	b.known[key] = body
	b.order = append(b.order, key)
	for b.size += len(body); b.size > maxBodies; b.order = b.order[1:] {
		b.size -= len(b.known[b.order[0]])
		delete(b.known, b.order[0])
	}
	return nil, false
}

func (b *bodies) get(key string) (body []byte, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	body, ok = b.known[key]
	return body, ok
}
