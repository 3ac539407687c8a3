package ll2

import "slices"

// Resolve finds what a request means. What it returns asks for itself:
// Resolve(Request{res.Path, res.Query, []string{res.Accept}}, o) has the same Key.
//
// The only error is *TooManyParametersError, for a request that Django answers
// with 400 whatever else it says.
func Resolve(req Request, o Options) (Resource, error) {
	where, accept := findRoute(req.Path), accepted(req.Accept)
	res := Resource{Kind: where.kind, Endpoint: where.label}
	if where.kind != Outside {
		pairs, err := parseQuery(req.Query)
		if err != nil {
			return Resource{}, err
		}
		res.Echo = Echo{pairs}
	}
	format, _ := res.Echo.Format()
	negotiated := negotiate(format, accept)
	res.Representation, res.Indent = negotiated.outcome, negotiated.indent

	p := planFor(where.kind, negotiated, accept)
	res.Accept = p.accept
	a := newAsked(p.word, where.path, len(req.Query))
	switch p.form {
	case rawForm:
		a.addRaw(req.Query)
	case sortedForm:
		a.addAll(sortByName(slices.Clone(res.Echo.pairs)))
	}
	if where.kind.Tabled() || where.kind == Untabled {
		r := reading{route: where, keepUnknown: o.KeepUnknown, keepFormat: p.keepFormat}
		r.read(res.Echo.pairs)
		res.Mode = r.mode
		if where.kind == List || where.kind == Untabled {
			res.Page = r.page
		}
		if p.form == plainForm {
			res.Ignored = r.ignored()
			a.addAll(r.plain)
		}
	}
	res.Key, res.Path, res.Query = a.split()
	return res, nil
}

// plan is how a resource is asked.
type plan struct {
	word       string // of the key
	accept     string
	form       form // of the query
	keepFormat bool
}

// form is how much of a query's spelling is kept.
type form uint8

const (
	plainForm  form = iota // what it means
	sortedForm             // its parameters, sorted by name
	rawForm                // as it came
)

// planFor decides how much of a request is kept: the less is known of what it asks
// for, the more. HTML repeats its own URL in many places, so it is kept by that.
func planFor(kind Kind, negotiated representation, accept string) plan {
	unusual := negotiated.outcome == NotAcceptable || negotiated.outcome == UnknownFormat
	switch {
	case kind == Outside || kind == Throttle || kind == Unknown && negotiated.outcome == HTML:
		return plan{word: verbatim(accept), accept: accept, form: rawForm}
	case kind == Unknown:
		return plan{word: verbatim(accept), accept: accept, form: sortedForm}
	case kind == Untabled && unusual: // it may have renderers that are not known
		return plan{word: verbatim(accept), accept: accept, keepFormat: true}
	case negotiated.outcome == HTML:
		return plan{word: negotiated.word(), accept: negotiated.accept(), form: rawForm}
	}
	return plan{
		word:       negotiated.word(),
		accept:     negotiated.accept(),
		keepFormat: negotiated.outcome == UnknownFormat,
	}
}

// verbatim names in keys an Accept field that is asked as it came.
func verbatim(accept string) string { return string(appendQuoted([]byte("as="), accept)) }
