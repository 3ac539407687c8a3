package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// request is what a client sends.
type request struct {
	method string
	target string // path and query, as it is sent
	same   string // the target as purges name it, if it is another spelling
	header http.Header
	leave  int  // the client leaves after so many bytes of the answer; -1: while it waits; 0: it stays
	slow   bool // it reads slowly
}

// answer is one as a client saw it.
type answer struct {
	request
	client             string
	number             int // of the client's request
	sent, headed, done moment
	status             int
	header             http.Header
	body               []byte
	err                error // why there is no answer, or only a part of the body
	left               bool  // the client did, on purpose
	cacheStatus
}

// cacheStatus is what the proxy says in Cache-Status of how an answer came about.
type cacheStatus struct {
	hit, forwarded, collapsed bool
	detail                    string
	ttl                       int
}

func parseCacheStatus(field string) (c cacheStatus) {
	for parameter := range strings.SplitSeq(field[strings.LastIndex(field, "Perigee"):], ";") {
		name, value, _ := strings.Cut(parameter, "=")
		switch name {
		case "hit":
			c.hit = true
		case "fwd":
			c.forwarded = true
		case "collapsed":
			c.collapsed = true
		case "detail":
			c.detail = value
		case "ttl":
			c.ttl, _ = strconv.Atoi(value)
		}
	}
	return c
}

// age is what the Age field says.
func (a *answer) age() time.Duration {
	seconds, _ := strconv.Atoi(a.header.Get("Age"))
	return time.Duration(seconds) * time.Second
}

// timedOut reports whether the answer says that upstream did not answer in time, and
// so much time has passed: on a busy machine that comes about without a fault.
func (a *answer) timedOut() bool {
	return a.status == http.StatusGatewayTimeout && a.detail == "upstream-timeout" && a.headed-a.sent >= upstreamTimeout
}

func (a *answer) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s's request %d: %s %s", a.client, a.number, a.method, a.target)
	for _, name := range []string{"Cache-Control", "If-None-Match", "If-Range", "Range", "Accept-Language", "Authorization"} {
		if value := a.request.header.Get(name); value != "" {
			fmt.Fprintf(&b, " [%s: %s]", name, value)
		}
	}
	fmt.Fprintf(&b, ", sent at %v, answered at %v: %d", a.sent, a.headed, a.status)
	for _, name := range []string{"Age", "Etag", "Content-Type", "Content-Length", "Cache-Status", "Content-Range", serialField} {
		if value := a.header.Get(name); value != "" {
			fmt.Fprintf(&b, " [%s: %s]", name, value)
		}
	}
	if a.err != nil {
		fmt.Fprintf(&b, ", error: %v", a.err)
	}
	return b.String()
}

// canonical is the target as purges name it.
func (q request) canonical() string {
	if q.same != "" {
		return q.same
	}
	return q.target
}

// client asks, one request after the other.
type client struct {
	*history
	name   string
	base   string
	rng    *rand.Rand
	http   *http.Client
	number int               // of its requests
	tags   map[string]string // the latest entity tag of a target
	seen   map[string]sight  // by target
}

// sight is what a client was given: content of a moment, and when.
type sight struct{ at, when moment }

// send sends a request and reads the answer.
func (c *client) send(ctx context.Context, q request) *answer {
	c.number++
	a := &answer{request: q, client: c.name, number: c.number, sent: c.now()}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if q.leave < 0 {
		stop := time.AfterFunc(time.Duration(c.rng.IntN(20))*time.Millisecond, cancel)
		defer stop.Stop()
	}
	r, err := http.NewRequestWithContext(ctx, q.method, c.base+q.target, nil)
	if err != nil {
		a.err = err
		return a
	}
	r.Header = q.header.Clone()
	resp, err := c.http.Do(r)
	a.headed = c.now()
	if err != nil {
		a.done, a.err, a.left = c.now(), err, errors.Is(err, context.Canceled)
		return a
	}
	defer resp.Body.Close()
	a.status, a.header, a.cacheStatus = resp.StatusCode, resp.Header, parseCacheStatus("Perigee;"+resp.Header.Get("Cache-Status"))
	switch {
	case q.leave > 0:
		_, _ = io.CopyN(io.Discard, resp.Body, int64(q.leave))
		a.left = true
	case q.slow:
		a.body, a.err = readSlowly(ctx, resp.Body)
	default:
		a.body, a.err = io.ReadAll(resp.Body)
	}
	a.left = a.left || errors.Is(a.err, context.Canceled)
	a.done = c.now()
	return a
}

// readSlowly takes up to a second or two.
func readSlowly(ctx context.Context, body io.Reader) ([]byte, error) {
	var all bytes.Buffer
	for range 15 {
		if _, err := io.CopyN(&all, body, 20_000); err != nil {
			if err == io.EOF {
				err = nil
			}
			return all.Bytes(), err
		}
		pause(ctx, 100*time.Millisecond)
	}
	_, err := io.Copy(&all, body)
	return all.Bytes(), err
}

// chance is true so many times of a hundred.
func (c *client) chance(percent int) bool { return c.rng.IntN(100) < percent }

// vary has a request be one of the less usual ones now and then.
func (c *client) vary(q request) request {
	q.method = http.MethodGet
	if q.header == nil {
		q.header = http.Header{}
	}
	if tag := c.tags[q.target]; tag != "" && c.chance(30) {
		q.header.Set("If-None-Match", tag)
	} else if c.chance(6) {
		q.header.Set("Range", fmt.Sprintf("bytes=%d-%d", c.rng.IntN(60), 60+c.rng.IntN(5000)))
		if tag != "" && c.chance(50) {
			q.header.Set("If-Range", tag)
		}
	}
	switch c.rng.IntN(50) {
	case 0, 1:
		q.header.Set("Cache-Control", "no-cache")
	case 2, 3:
		q.header.Set("Cache-Control", "max-age=1")
	case 4:
		q.header.Set("Cache-Control", "max-stale=3")
	case 5, 6:
		q.header.Set("Cache-Control", "only-if-cached")
	case 7, 8:
		q.method = http.MethodHead
	case 9:
		q.leave = -1
	case 10:
		q.leave = 1 + c.rng.IntN(3000)
	case 11:
		q.slow = c.chance(30)
	}
	return q
}

// contentRange is that of a part.
var contentRange = regexp.MustCompile(`^bytes (\d+)-(\d+)/(\d+)$`)

// partOf checks that an answer of 206 has the part of whole that it says it has.
func (a *answer) partOf(whole []byte) error {
	m := contentRange.FindStringSubmatch(a.header.Get("Content-Range"))
	if m == nil {
		return fmt.Errorf("a part with Content-Range %q", a.header.Get("Content-Range"))
	}
	first, _ := strconv.Atoi(m[1])
	last, _ := strconv.Atoi(m[2])
	if m[3] != strconv.Itoa(len(whole)) || last >= len(whole) || first > last {
		return fmt.Errorf("part %s of %d bytes", m[0], len(whole))
	}
	if !bytes.Equal(a.body, whole[first:last+1]) {
		return errors.New("the part has other bytes than the whole")
	}
	return nil
}
