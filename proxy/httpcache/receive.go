package httpcache

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"perigee/cache/rfc9111"
	"perigee/proxy/spool"
)

// receive decides on a response with content, and takes it in if it may be stored.
func (f *fetcher) receive(p *plan, x *rfc9111.Exchange, resp *http.Response, res *result) (*result, *http.Response, error) {
	d := f.rules.Decide(x)
	res.why = d.Reason
	switch {
	case res.failure != "" && p.cached != nil && new(rfc9111.RequestDirectives).ReuseOnError(p.cached, reuseRules(p.cached), x.Answered):
		res.why = "worse"
	case d.Store && resp.StatusCode == http.StatusPartialContent:
		pt, ok := askedPart(p, resp)
		if !ok {
			return res, resp, nil
		}
		res.entry = newEntry(x, &d, nil)
		res.entry.Derived = pt
	case d.Store:
		res.entry, res.own = newEntry(x, &d, nil), fieldsOf(x.Response, d.Omit)
	case res.failure == "" && res.why != "status" && p.cached != nil:
		f.store.drop(p.cached) // it is not what upstream says any more
	}
	if res.entry != nil {
		if res.why = passes(resp); res.why == "" {
			if s := spool.New(&f.budgets, resp.ContentLength, f.maxBody); s != nil {
				return f.take(p, resp, res, s)
			}
			res.why = "too-large"
		}
		res.entry, res.own = nil, nil
	}
	f.misses.add(p.target, x.Answered)
	return res, resp, nil
}

// take takes in a body that may be stored: it is kept on the side while those who
// wait read along, and stored when all of it has come. One that breaks off is a
// failure of upstream, and never stored.
func (f *fetcher) take(p *plan, resp *http.Response, res *result, s *spool.Spool) (*result, *http.Response, error) {
	head := *res
	head.stored = true // when it has come
	p.progress.head, p.progress.spool = &head, s
	p.handover.put(s.Response(p.in.Context(), resp))
	close(p.progress.begun)
	defer resp.Body.Close()
	if err := f.pump(p, resp.Body, s); err != nil {
		s.End(spool.Broken, err, nil)
		if !errors.Is(err, spool.ErrAbandoned) {
			f.backoff.failed(p.target, time.Now())
		}
		return nil, nil, err
	}
	body, ok := s.Body()
	if !ok || len(resp.Trailer) > 0 { // trailers would have to be kept with it
		s.End(spool.Passed, nil, resp.Trailer)
		f.misses.add(p.target, res.entry.Answered)
		res.entry, res.own, res.why = nil, nil, cmp.Or(passes(resp), "too-large")
		return res, nil, nil
	}
	e := *res.entry
	e.Body, e.Digest = body, sha256.Sum256(body)
	res.entry = &e
	if pt, ok := e.Derived.(part); ok {
		res.stored = int64(len(body)) <= pt.total && f.store.putPart(p.epoch, &e)
	} else {
		f.keep(p, res)
	}
	s.End(spool.Whole, nil, nil) // not before it is stored: the next request is to find it
	return res, nil, nil
}

// pump reads a body to its end. Upstream may take as long as it likes, but must not be
// silent for longer than the timeout. A body without an end that anybody would notice
// gets the timeout in all.
func (f *fetcher) pump(p *plan, body io.Reader, s *spool.Spool) error {
	for {
		watched := s.Watched()
		if watched {
			p.silence.Stop()
		}
		b, err := s.Room(p.out.Context())
		if err != nil {
			return ended(p.out.Context(), err)
		}
		if watched {
			p.silence.Reset(f.timeout)
		}
		n, err := body.Read(b)
		if err := s.Wrote(n); err != nil {
			return ended(p.out.Context(), err)
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return ended(p.out.Context(), err)
		}
	}
}

// passes says why a body is not kept on the side, "" if it may be. Who announces
// trailers may be streaming, and a stream of events has no end.
func passes(resp *http.Response) string {
	mediaType, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	switch {
	case len(resp.Trailer) > 0:
		return "trailers"
	case strings.EqualFold(strings.TrimSpace(mediaType), "text/event-stream"):
		return "event-stream"
	}
	return ""
}

// askedPart is the part that a response has of what was asked for, false if it
// cannot be kept together with what is stored of the same representation (RFC 9111,
// section 3.4).
func askedPart(p *plan, resp *http.Response) (part, bool) {
	names, _ := rfc9111.VaryNames(resp.Header)
	asked := p.sent["Range"]
	length := resp.ContentLength
	if length < 0 {
		length = 1 // it is seen when it is there
	}
	pt, ok := partOf(resp.Header, int(length))
	if len(names) > 0 || len(asked) != 1 || !ok {
		return part{}, false
	}
	pt.asked = asked[0]
	return pt, true
}
