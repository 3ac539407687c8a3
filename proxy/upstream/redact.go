package upstream

import (
	"bytes"
	"html"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// minSecret is the shortest token that is looked for: a shorter one would be found in
// most bodies, and keeps no secret.
const minSecret = 4

// redactor replaces the token in what upstream answers, with as many asterisks, so that
// lengths stay true: upstream's report names it, and error pages may echo the request.
// A nil one has nothing to look for.
type redactor struct {
	spellings [][]byte // the token as text, URLs, JSON and HTML have it
	longest   int
}

func newRedactor(token string) *redactor {
	if len(token) < minSecret {
		return nil
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(token)
	r := new(redactor)
	for _, s := range []string{
		token, url.QueryEscape(token), url.PathEscape(token), html.EscapeString(token), quoted,
		strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`).Replace(quoted), strings.ReplaceAll(quoted, "/", `\/`),
	} {
		if !slices.ContainsFunc(r.spellings, func(known []byte) bool { return string(known) == s }) {
			r.spellings, r.longest = append(r.spellings, []byte(s)), max(r.longest, len(s))
		}
	}
	return r
}

// bytes replaces the token in place, and reports whether it was there.
func (r *redactor) bytes(b []byte) (found bool) {
	if r == nil {
		return false
	}
	for _, s := range r.spellings {
		for rest := b; ; {
			i := bytes.Index(rest, s)
			if i < 0 {
				break
			}
			found = true
			copy(rest[i:], strings.Repeat("*", len(s)))
			rest = rest[i+len(s):]
		}
	}
	return found
}

// header replaces the token in values, and drops fields that are named after it.
func (r *redactor) header(h http.Header) {
	if r == nil {
		return
	}
	for name, values := range h {
		if strings.Contains(strings.ToLower(name), strings.ToLower(string(r.spellings[0]))) {
			delete(h, name)
			continue
		}
		for i, value := range values {
			if b := []byte(value); r.bytes(b) {
				values[i] = string(b)
			}
		}
	}
}

// error replaces the token in the text of err, which may quote what upstream sent.
func (r *redactor) error(err error) error {
	if text := []byte(err.Error()); r.bytes(text) {
		return &redactedError{err, string(text)}
	}
	return err
}

// redactedError is an error with another text.
type redactedError struct {
	err  error
	text string
}

// Error implements error.
func (e *redactedError) Error() string { return e.text }

// Unwrap returns the error itself.
func (e *redactedError) Unwrap() error { return e.err }

// body replaces the token in what is read from b. It holds nothing back but what may
// be the beginning of the token.
func (r *redactor) body(b io.ReadCloser) io.ReadCloser {
	if r == nil || b == http.NoBody {
		return b
	}
	return &redactedBody{ReadCloser: b, redactor: r, space: make([]byte, 0, 16<<10+r.longest)}
}

// beginning returns how many bytes at the end of b may be the beginning of the token.
func (r *redactor) beginning(b []byte) int {
	for n := min(r.longest-1, len(b)); n > 0; n-- {
		for _, s := range r.spellings {
			if len(s) > n && bytes.HasPrefix(s, b[len(b)-n:]) {
				return n
			}
		}
	}
	return 0
}

// redactedBody is a body in which the token is replaced as it is read.
type redactedBody struct {
	io.ReadCloser
	redactor *redactor
	space    []byte // what unread is a part of
	unread   []byte
	ready    int   // so many bytes of unread are free of the token, whatever follows
	err      error // that reading ended with
}

// Read hands on what is ready.
func (b *redactedBody) Read(p []byte) (int, error) {
	for b.ready == 0 && b.err == nil {
		b.fill()
	}
	if b.ready == 0 {
		return 0, b.err
	}
	n := copy(p, b.unread[:b.ready])
	b.unread, b.ready = b.unread[n:], b.ready-n
	return n, nil
}

// fill reads once. Of a body that is whole the rest is free of the token; of one that
// was broken off, the beginning of it stays behind.
func (b *redactedBody) fill() {
	kept := copy(b.space[:cap(b.space)], b.unread)
	n, err := b.ReadCloser.Read(b.space[kept:cap(b.space)])
	b.unread, b.err = b.space[:kept+n], err
	b.redactor.bytes(b.unread)
	b.ready = len(b.unread)
	if err != io.EOF {
		b.ready -= b.redactor.beginning(b.unread)
	}
}
