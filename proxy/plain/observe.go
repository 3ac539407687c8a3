package plain

import (
	"net"
	"net/http"
	"time"

	"perigee/proxy/access"
)

// Record is what became of one request. The access log and the metrics both
// derive from it, once, when the request ends.
type Record struct {
	Outcome  Outcome
	Detail   string
	Status   int // 499: the client left before it was answered
	Bytes    int64
	Took     time.Duration
	Upstream int // requests that were sent upstream on behalf of this one
}

// statusClientGone is how a client that left is recorded; it is never sent.
const statusClientGone = 499

// endpoint labels every request: what upstream's resources are is not known here.
const endpoint = "http"

// Endpoints returns the closed set of labels that an Observer gets.
func Endpoints() []string { return []string{endpoint} }

// observe ends the record of a request and derives everything from it, once. It
// runs deferred, so that it also sees requests that ReverseProxy aborts by panic.
func (h *Handler) observe(x *exchange) {
	rec := &x.record
	if rec.Outcome == "" { // the client left, or a panic is on its way up
		rec.Outcome = Failed
	}
	if rec.Status == 0 {
		rec.Status = statusClientGone
	}
	rec.Took = time.Since(x.start)
	h.observer.RequestEnded(string(rec.Outcome), endpoint, rec.Status, rec.Took)
	if ctx := x.r.Context(); access.Enabled(ctx, h.log) {
		access.Log(ctx, h.log, access.Record{
			Method: x.r.Method, URI: x.r.RequestURI, Status: rec.Status, Outcome: string(rec.Outcome),
			Detail: rec.Detail, Endpoint: endpoint, Took: rec.Took,
			Bytes: rec.Bytes, Upstream: rec.Upstream, Client: peer(x.r),
		})
	}
}

// peer is the address of the other end of the connection.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// counter notes what ReverseProxy sends to the client.
type counter struct {
	http.ResponseWriter
	record  *Record
	control *http.ResponseController
}

// Unwrap lets http.ResponseController reach the writer below.
func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// WriteHeader notes the status, but for informational ones.
func (c *counter) WriteHeader(status int) {
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		c.record.Status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write notes how much is sent, and gives the client its time to take it.
func (c *counter) Write(b []byte) (int, error) {
	if c.record.Status == 0 {
		c.record.Status = http.StatusOK
	}
	_ = c.control.SetWriteDeadline(time.Now().Add(patience)) // without a connection there is none to set
	n, err := c.ResponseWriter.Write(b)
	c.record.Bytes += int64(n)
	return n, err
}

// silent is the Observer of those who have none.
type silent struct{}

func (silent) RequestStarted()                                 {}
func (silent) RequestEnded(string, string, int, time.Duration) {}
func (silent) WaiterJoined()                                   {}
func (silent) FetchStarted()                                   {}
func (silent) FetchEnded()                                     {}
func (silent) DowngradeRejected(string)                        {}
func (silent) PanicRecovered()                                 {}
func (silent) UpstreamAnswered(string, int, time.Duration)     {}
