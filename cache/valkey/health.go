package valkey

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// condition is what an error says about the server.
type condition uint8

const (
	served      condition = iota // it has done as asked, or has replied that it cannot be done
	unavailable                  // it cannot be reached, or cannot serve
	outOfMemory                  // it serves, but cannot take more
	crowded                      // it was not asked: all connections were in use
	declined                     // it has replied with an error that is about the call
)

// classify returns what an error of a call with a deadline says.
func classify(err error) condition {
	var reply redis.Error
	switch {
	case err == nil, errors.Is(err, redis.Nil):
		return served
	case errors.Is(err, redis.ErrPoolTimeout):
		return crowded
	case !errors.As(err, &reply):
		return unavailable // the connection, or the deadline
	case redis.IsOOMError(err):
		return outOfMemory
	case cannotServe(err):
		return unavailable
	}
	return declined
}

// cannotServe tells replies that any call would get.
func cannotServe(err error) bool {
	for _, is := range []func(error) bool{
		redis.IsLoadingError, redis.IsReadOnlyError, redis.IsMasterDownError, redis.IsClusterDownError,
		redis.IsAuthError, redis.IsPermissionError, redis.IsMaxClientsError, redis.IsNoReplicasError,
	} {
		if is(err) {
			return true
		}
	}
	for _, prefix := range []string{
		"BUSY",       // with a script that does not end
		"MISCONF",    // it cannot save, and takes no writes for that
		"UNKILLABLE", // as BUSY
	} {
		if redis.HasErrorPrefix(err, prefix) {
			return true
		}
	}
	return false
}

// judge takes note of what a call came to and returns its error.
func (c *Client) judge(s *session, err error) error {
	switch classify(err) {
	case unavailable:
		c.lose(s, err)
		return fmt.Errorf("%w: %w", ErrLost, err)
	case outOfMemory:
		c.counts.full.Add(1)
		if c.full.isTime(time.Now()) {
			c.opts.Logger.Warn("Valkey is full and evicts nothing: this page is not shared", "server", c.server.String(), "err", err)
		}
		return fmt.Errorf("%w: %w", ErrFull, err)
	case crowded:
		c.counts.crowded.Add(1)
		return fmt.Errorf("valkey: all connections are in use: %w", err)
	case declined:
		c.counts.declined.Add(1)
		return fmt.Errorf("valkey: %w", err)
	}
	return err
}

// lose ends a session. Every call from here on is refused, until there is
// another one.
func (c *Client) lose(s *session, why error) {
	c.session.CompareAndSwap(s, nil)
	s.end(why)
}

// What is between two attempts to reach the server.
const (
	minPause = 250 * time.Millisecond
	maxPause = 2 * time.Second
	// steady is how long a session must have lasted for the pause to be the
	// shortest again. A server that is lost with every call is not worth more.
	steady = 10 * time.Second
)

// work reaches for the server for as long as the client lives.
func (c *Client) work() {
	h := health{log: c.opts.Logger.With("server", c.server.String())}
	pause := minPause
	for {
		began := time.Now()
		err := c.visit(&h)
		if c.life.Err() != nil {
			return
		}
		h.lost(err)
		if time.Since(began) > steady {
			pause = minPause
		}
		if !c.rest(pause) {
			return
		}
		pause = min(2*pause, maxPause)
	}
}

// rest waits for a part of a pause, chosen so that replicas that have lost the
// server together do not come back together. It reports whether the client
// lives.
func (c *Client) rest(pause time.Duration) bool {
	timer := time.NewTimer(minPause + rand.N(max(pause-minPause, minPause/4)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.life.Done():
		return false
	}
}

// visit is one session, from reaching for the server to losing it. It returns
// what went wrong.
func (c *Client) visit(h *health) error {
	s := &session{
		rdb: connect(c.server, c.opts), channel: c.Channel(), timeout: c.opts.Timeout, pingEvery: c.opts.pingEvery,
	}
	s.ctx, s.end = context.WithCancelCause(c.life)
	defer s.close()
	l, err := c.begin(s)
	if err != nil {
		return err
	}
	c.session.Store(s)
	h.back()
	c.counts.sessions.Add(1)
	for _, f := range c.reached {
		f()
	}
	err = c.stay(s, l)
	c.lose(s, err)
	c.counts.losses.Add(1)
	for _, f := range c.lost {
		f()
	}
	return err
}

// stay listens for as long as it can. That a subscription breaks does not mean
// that the server is lost, so it is renewed, once and at once.
func (c *Client) stay(s *session, l *listener) error {
	for {
		err := s.listen(l, c.receive)
		if s.ctx.Err() != nil {
			return context.Cause(s.ctx)
		}
		if !errors.Is(err, errEnded) {
			return err
		}
		if l, err = c.begin(s); err != nil {
			return err
		}
		c.counts.resubscribed.Add(1)
	}
}

// begin subscribes, makes sure that the server takes writes, and has everybody
// catch up with what was told while nobody listened here.
func (c *Client) begin(s *session) (*listener, error) {
	l, err := s.subscribe()
	if err != nil {
		return nil, err
	}
	now, err := s.hello("perigee:{"+c.opts.Namespace+"}:hello", c.opts.Replica)
	for i := 0; err == nil && i < len(c.greet); i++ {
		err = c.greet[i](s, now)
	}
	if err != nil {
		_ = l.sub.Close()
		return nil, err
	}
	return l, nil
}

// health tells the operator of what changes, once.
type health struct {
	log   *slog.Logger
	up    bool
	told  bool // that it was lost
	since time.Time
}

// lost notes that the server is lost or still lost.
func (h *health) lost(err error) {
	if h.up || !h.told {
		h.since = time.Now()
		h.log.Warn("Valkey is lost: this replica goes on by itself, and shares no pages", "err", err)
	}
	h.up, h.told = false, true
}

func (h *health) back() {
	switch {
	case h.told:
		h.log.Info("Valkey is back: pages are shared again", "after", time.Since(h.since).Round(time.Millisecond))
	default:
		h.log.Info("Valkey is reached: pages are shared")
	}
	h.up = true
}

// logOnce says when something that happens often is worth a line again.
type logOnce struct {
	mu   sync.Mutex
	last time.Time
}

// logPause is how long nothing more is said of it.
const logPause = time.Hour

func (l *logOnce) isTime(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.last.IsZero() && now.Sub(l.last) < logPause {
		return false
	}
	l.last = now
	return true
}
