package ll2

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Resolve finds what a request means. Its canonical request resolves to itself:
// Resolve(Request{res.Path, res.Query, []string{res.Accept}}, o) has the same Key.
// The query is parsed here and nowhere else: the methods of Resource work on what
// was parsed.
//
// The only error is *TooManyParametersError, for a request that Django answers
// with 400 whatever else it says.
func Resolve(req Request, o Options) (Resource, error) {
	where, accept := findRoute(req.Path), joinAccept(req.Accept)
	res := Resource{Kind: where.kind, Endpoint: where.label, endpoint: where.endpoint}
	if where.kind != Outside {
		sent, err := parseQuery(req.Query)
		if err != nil {
			return Resource{}, err
		}
		res.sent, res.canonical = sent, sent
	}
	format, _ := last(res.sent, "format")
	negotiated := negotiate(format, accept)
	res.Representation, res.Indent = negotiated.outcome, negotiated.indent

	p := planFor(where.kind, negotiated, accept)
	res.Accept = p.accept
	query := req.Query
	if p.form == sortedForm {
		res.canonical = sortByName(slices.Clone(res.sent))
		query = encodeQuery(res.canonical)
	}
	if where.kind.Tabled() || where.kind == Untabled {
		c := newCanonicalizer(where, o, p.keepFormat)
		c.read(res.sent)
		res.Mode = c.mode
		if where.kind == List || where.kind == Untabled {
			res.Page = c.page
		}
		if p.form == canonicalForm {
			res.canonical, res.Ignored = c.query, c.ignored()
			query = encodeQuery(res.canonical)
		}
	}
	res.setTarget(p.label, where.path, query)
	return res, nil
}

// plan is how the canonical request is made of a client's.
type plan struct {
	label      string // of the representation, in the key
	accept     string
	form       form // of the query
	keepFormat bool
}

// form is how much of a query's spelling is kept.
type form uint8

const (
	canonicalForm form = iota // what it means
	sortedForm                // its parameters, sorted by name
	rawForm                   // as it came
)

// planFor decides how much of a request's spelling is kept: the less is known of
// the resource, the more. HTML repeats its own URL in many places, so its query is
// kept as it came.
func planFor(kind Kind, n negotiated, accept string) plan {
	unusual := n.outcome == NotAcceptable || n.outcome == UnknownFormat
	switch {
	case kind == Outside || kind == Throttle || kind == Unknown && n.outcome == HTML:
		return plan{label: verbatim(accept), accept: accept, form: rawForm}
	case kind == Unknown:
		return plan{label: verbatim(accept), accept: accept, form: sortedForm}
	case kind == Untabled && unusual: // it may have renderers that are not known
		return plan{label: verbatim(accept), accept: accept, keepFormat: true}
	case n.outcome == HTML:
		return plan{label: n.label(), accept: n.accept(), form: rawForm}
	}
	return plan{label: n.label(), accept: n.accept(), keepFormat: n.outcome == UnknownFormat}
}

// verbatim labels in keys an Accept field that goes upstream as it came.
func verbatim(accept string) string { return "as=" + quotePlus(accept) }

// MaxKey is the greatest length of a key in bytes.
const MaxKey = 512

// scheme begins every key. Its number must grow whenever Resolve changes what a
// key stands for, so that entries kept on disk are not taken for something else.
const scheme = "ll2/1 "

// hashMark separates the head of a long key from the hash of the whole. Escaped
// text has no spaces, so no key of full length looks like a cut one.
const hashMark = " sha256="

// setTarget sets the path and query of the canonical request, and the key they
// make together with the label of the representation.
func (r *Resource) setTarget(label, path, query string) {
	mark := ""
	if query != "" {
		mark = "?"
	}
	text := scheme + label + " " + path + mark + query
	r.Key, r.Path = boundedKey(text), path
	r.Query = text[len(text)-len(query):] // the key's memory, not its own
}

// objectKey is the Key of an object that is requested without filters and as
// compact JSON. The path is canonical.
func objectKey(path string) string { return boundedKey(scheme + negotiated{}.label() + " " + path) }

func boundedKey(text string) string {
	if len(text) <= MaxKey {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	head := text[:MaxKey-len(hashMark)-hex.EncodedLen(len(sum))]
	return strings.ToValidUTF8(head, "") + hashMark + hex.EncodeToString(sum[:])
}

// FromKey returns the resource that has a key, if that is of compact JSON. A key
// that ends in a hash does not tell what it is of.
func FromKey(key string) (res Resource, ok bool) {
	target, ok := strings.CutPrefix(key, scheme+negotiated{}.label()+" ")
	if !ok {
		return Resource{}, false
	}
	path, query, _ := strings.Cut(target, "?")
	res, err := Resolve(Request{Path: path, Query: query, Accept: []string{negotiated{}.accept()}}, Options{KeepUnknown: true})
	return res, err == nil && res.Key == key
}
