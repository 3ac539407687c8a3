package upstream

import (
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"time"
)

// sender puts requests on the wire, each at most once.
type sender struct {
	transport *http.Transport
	redactor  *redactor
	observer  Observer
	log       *slog.Logger
}

// close ends dials that nobody waits for any more.
func (s *sender) close() { s.transport.CloseIdleConnections() }

// send puts req on the wire and waits for the response head. asked is when the first
// byte left. Errors are of type *Error.
func (s *sender) send(req *http.Request) (resp *http.Response, asked time.Time, err error) {
	t := new(transmission)
	ctx := req.Context()
	resp, err = s.transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, t.trace())))
	asked, sent := t.end()
	if err == nil {
		if err = check(req, resp); err == nil {
			s.redactor.header(resp.Header)
			return resp, asked, nil
		}
		resp.Body.Close()
	}
	// net/http lets a dial go on when its request has ended, in the hope of a later
	// use. There is none here: this call ends it. No connection is ever idle.
	s.transport.CloseIdleConnections()
	op := "connect"
	if sent {
		op = "await response"
	}
	return nil, asked, &Error{Op: op, Sent: sent, Err: s.redactor.error(classify(ctx, err))}
}

// check refuses what is no response to req.
func check(req *http.Request, resp *http.Response) error {
	switch h := req.Header; {
	case resp.StatusCode == http.StatusSwitchingProtocols:
		return errSwitched // nobody asked for another protocol, and its "body" would have no end
	case resp.StatusCode < http.StatusContinue:
		return errStatus // net/http reads it, and does not write it
	case resp.StatusCode == http.StatusNotModified && h["If-None-Match"] == nil && h["If-Modified-Since"] == nil:
		return errUnasked // it confirms nothing, and whoever got it would have nothing
	}
	return nil
}

// fetch sends req and reads the answer to its end.
func (s *sender) fetch(req *http.Request, maxBody int64) (*Answer, error) {
	resp, asked, err := s.send(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer := &Answer{
		Status: resp.StatusCode, Header: resp.Header,
		Asked: asked, Answered: time.Now(),
	}
	answer.Body, answer.Unframed, err = readBody(resp, maxBody)
	cleanDecoded(answer.Header, s.redactor.bytes(answer.Body))
	if err != nil {
		return nil, &Error{
			Op: "read body", Sent: true, Head: answer,
			Err: classifyBody(req.Context(), err),
		}
	}
	return answer, nil
}

// record reports one request to the observer and the log. The header is not logged: it
// has the token.
func (s *sender) record(req *http.Request, label string, status int, took time.Duration, err error) {
	s.observer.UpstreamAnswered(label, status, took)
	attrs := []slog.Attr{
		slog.String("method", req.Method),
		slog.String("target", req.URL.RequestURI()),
		slog.String("label", label),
		slog.Int("status", status),
		slog.Duration("took", took),
	}
	if err != nil {
		attrs = append(attrs, slog.Bool("sent", Sent(err)), slog.Any("error", err))
	}
	s.log.LogAttrs(req.Context(), slog.LevelDebug, "upstream request", attrs...)
}
