// Package ll2 reads requests as Launch Library 2 (LL2) does. LL2 is built on the
// Django REST Framework (DRF) and django-filter, to which many spellings of a
// request mean the same. Resolve finds that meaning: the cache key, the canonical
// request that goes upstream, and what DRF repeats of the client's own spelling
// when it writes links.
//
// The package is pure: no I/O, no state, no clock. Everything in it is safe for
// concurrent use. Where upstream's reading is not known for sure, a value counts as
// itself: two spellings kept apart cost a request, two meanings merged would answer
// wrongly.
package ll2

import (
	"strconv"

	"perigee/proxy/ll2/catalog"
)

// Request is what a client sent, as it stood on the wire.
type Request struct {
	Path   string   // the escaped path, before '?'
	Query  string   // the raw query, after '?'
	Accept []string // the Accept field lines; none stands for */*, an empty one for nothing acceptable
}

// Options are the settings that bear on what a request means.
type Options struct {
	// KeepUnknown makes parameters that an endpoint does not document part of the
	// key and of the canonical request. If false, they are dropped and named in
	// Resource.Ignored, since DRF ignores them.
	KeepUnknown bool
}

// Resource is what a request means. Requests with the same Key are answered from
// the same upstream body; all that may differ between them is how LinkSuffix, Next
// and Previous write links, which repeat the client's own parameters.
//
// A Resource is not changed once it is made, so it may be shared and copied.
type Resource struct {
	Kind Kind
	// Key names the resource, as in "ll2/1 json /2.3.0/spacecraft/?limit=5": the
	// version of this scheme, the representation, path and query. It is at most
	// MaxKey bytes long and of one line; a longer one ends in a hash of the whole.
	Key string
	// Endpoint is a metric label from a closed set (Endpoints): a path of the
	// catalogue such as /2.3.0/spacecraft/{id}/, one of /2.0.0/ /2.1.0/ /2.2.0/, or
	// one of unknown, outside and api-throttle.
	Endpoint string
	// Path and Query are those of the canonical request, escaped, Query without '?'.
	Path, Query string
	// Accept is the Accept field of the canonical request. The empty one must be
	// sent too: to DRF it is not the same as none.
	Accept string
	// Representation is what a stock DRF negotiates. For Outside, Throttle and
	// Unknown paths it is only a guess: those may have renderers of their own.
	Representation Representation
	// Indent is the number of spaces that JSON is indented by, 0 to MaxIndent, where
	// 0 is compact. For HTML it is that of the JSON within the page, usually 4.
	Indent int
	// Page is set for List and Untabled.
	Page Page
	// Mode is the level of detail that the canonical request asks for; empty is the
	// default one.
	Mode string
	// Ignored names the parameters that were dropped because the endpoint does not
	// know them, each once, in the order of their first appearance.
	Ignored []string

	endpoint  *catalog.Endpoint // of Path; nil unless Kind.Tabled
	canonical []pair            // Query, parsed
	sent      []pair            // the client's own query, parsed: DRF repeats it in links
}

// Kind tells how much is known of a path.
type Kind uint8

// The kinds of paths, by how much is known of them.
const (
	Outside  Kind = iota // not below /2.N.N/: nothing is known, nothing is merged
	Throttle             // the state of the quota, which shows the API key and must never be relayed
	List                 // a paginated list of the catalogue
	Object               // one element of such a list
	Single               // a document of the catalogue that is neither
	Untabled             // a path of usual shape in a version that is not in the catalogue
	Unknown              // below /2.N.N/, but not in the catalogue or of unusual shape
)

// String returns the kind as one lower-case word.
func (k Kind) String() string {
	names := [...]string{"outside", "throttle", "list", "object", "single", "untabled", "unknown"}
	if int(k) < len(names) {
		return names[k]
	}
	return "kind-" + strconv.Itoa(int(k))
}

// Tabled reports whether paths of this kind stand in the catalogue, so that all
// about them is known.
func (k Kind) Tabled() bool { return k == List || k == Object || k == Single }

// Representation is the outcome of content negotiation.
type Representation uint8

// The outcomes of content negotiation. The last two are answers without a
// resource: for kinds of the catalogue (Kind.Tabled) they cost upstream nothing and
// need not be fetched.
const (
	JSON          Representation = iota // application/json
	HTML                                // text/html: the browsable API
	NotAcceptable                       // 406: no representation matches Accept
	UnknownFormat                       // 404: the format parameter names no representation
)

// Page is the part of a list that a request asks for, as DRF understands it.
type Page struct {
	Limit  int    // 1 to 100; 10 if the request says nothing valid
	Offset string // decimal digits without leading zeros, of any size; "0" if the request says nothing valid
}

// OffsetInt returns the offset as a number; ok is false if it is too great.
func (p Page) OffsetInt() (offset int64, ok bool) {
	offset, err := strconv.ParseInt(p.Offset, 10, 64)
	return offset, err == nil
}

// Beyond reports whether the page begins after the last of count elements, so
// that it is empty whatever they are.
func (p Page) Beyond(count int64) bool {
	offset, ok := p.OffsetInt()
	return !ok || offset >= count
}

// Reaches reports whether the page has an element at the given offset or after
// it, in a list of count elements. A window that a page does not reach, though it
// is wide enough to, need not be fetched: the list ends before.
func (p Page) Reaches(offset, count int64) bool {
	if p.Beyond(count) {
		return false
	}
	begin, _ := p.OffsetInt()
	return min(count-begin, int64(p.Limit)) > offset-begin
}
