package ll2

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// scheme begins every key. Its number must grow whenever Resolve changes what a
// key stands for, so that entries kept on disk are not taken for something else.
const scheme = "ll2/1 "

// hashMark separates the head of a long key from the hash of the whole. Escaped
// text has no spaces, so no key of full length looks like a cut one.
const hashMark = " sha256="

// asked is the text of a key while it is written: scheme, representation, path and
// query. What is asked upstream is a part of it.
type asked struct {
	text  []byte
	path  int // where the path begins
	query int // where the query begins, after its '?'; 0 as long as there is none
}

func newAsked(word, path string, queryLength int) *asked {
	a := &asked{text: make([]byte, 0, len(scheme)+len(word)+len(path)+queryLength+len(" ?"))}
	a.text = append(append(append(a.text, scheme...), word...), ' ')
	a.path = len(a.text)
	a.text = append(a.text, path...)
	return a
}

// add appends a parameter to the query.
func (a *asked) add(name, value string) {
	if a.query == 0 {
		a.text = append(a.text, '?')
		a.query = len(a.text)
	} else {
		a.text = append(a.text, '&')
	}
	a.text = appendPair(a.text, name, value)
}

func (a *asked) addAll(pairs []pair) {
	for _, p := range pairs {
		a.add(p.name, p.value)
	}
}

// addRaw appends a whole query as it is.
func (a *asked) addRaw(query string) {
	if query != "" {
		a.text = append(a.text, '?')
		a.query = len(a.text)
		a.text = append(a.text, query...)
	}
}

// split returns the key and the parts that are asked upstream.
func (a *asked) split() (key, path, query string) {
	text := string(a.text)
	if a.query == 0 {
		return boundedKey(text), text[a.path:], ""
	}
	return boundedKey(text), text[a.path : a.query-len("?")], text[a.query:]
}

func boundedKey(text string) string {
	if len(text) <= MaxKey {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	head := text[:MaxKey-len(hashMark)-hex.EncodedLen(len(sum))]
	return strings.ToValidUTF8(head, "") + hashMark + hex.EncodeToString(sum[:])
}
