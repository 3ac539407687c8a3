package valkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

var (
	// ErrLost is returned, perhaps wrapped, by everything that needs the server
	// while it cannot be reached or cannot serve. Whoever gets it goes on as if
	// there were no server.
	ErrLost = errors.New("valkey: the server is lost")
	// ErrFull is returned, perhaps wrapped, when the server has no memory left.
	ErrFull = errors.New("valkey: the server has no memory left")
)

// Client is the connection to a server. All methods may be called at any time
// from many goroutines, but those that register something: they come before Start.
type Client struct {
	opts    Options
	server  Server
	session atomic.Pointer[session] // nil while the server is lost
	counts  clientCounts
	full    logOnce

	life    context.Context
	end     context.CancelFunc
	running sync.WaitGroup

	// What is registered before Start.
	messages      map[string]func(from string, body []byte)
	greet         []func(s *session, now int64) error
	reached, lost []func()
	workers       []func(life context.Context)
}

// New returns a client that is lost until Start, and reaches for nothing. It
// fails only on options that make no sense. The caller closes the client.
func New(o Options) (*Client, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	server, err := ParseURL(o.URL)
	if err != nil {
		return nil, fmt.Errorf("valkey: the URL %w", err)
	}
	c := &Client{opts: o, server: server, messages: make(map[string]func(string, []byte))}
	c.life, c.end = context.WithCancel(context.Background())
	return c, nil
}

// OnMessage registers who is told of the messages of a kind from other replicas.
// It is called by the goroutine that reads from the server, and must not wait for
// anything. Messages of a kind that nobody knows are dropped.
func (c *Client) OnMessage(kind string, f func(from string, body []byte)) { c.messages[kind] = f }

// OnReached registers who is told that the server is reached, which can be used by
// then, and OnLost who is told that it is lost after that. They are called one
// after the other.
func (c *Client) OnReached(f func()) { c.reached = append(c.reached, f) }

// OnLost registers who is told that the server is lost: see OnReached.
func (c *Client) OnLost(f func()) { c.lost = append(c.lost, f) }

// Start has the client reach for the server from now on, and returns at once. It
// is called once.
func (c *Client) Start() {
	c.running.Go(c.work)
	for _, work := range c.workers {
		c.running.Go(func() { work(c.life) })
	}
}

// Close ends the client and waits for its goroutines. Every later call returns
// ErrLost. Closing again does nothing.
func (c *Client) Close() {
	c.end()
	c.running.Wait()
}

// Replica returns the name of this replica.
func (c *Client) Replica() string { return c.opts.Replica }

// growth is how much longer than Timeout a call may take that carries so many
// bytes. 64 MiB a second is what a slow network between machines carries.
func growth(size int) time.Duration {
	return min(time.Duration(size)*time.Second/(64<<20), maxGrowth)
}

// maxGrowth bounds growth. That much is a page of 32 MiB.
const maxGrowth = 500 * time.Millisecond

// do has f use the server, once, until a deadline that suits a value of so many
// bytes, and accounts for what comes of it. A reply that there is nothing is
// redis.Nil as ever. ctx is the caller's: that it ends says nothing about the
// server.
func (c *Client) do(ctx context.Context, size int, f func(ctx context.Context, s *session) error) error {
	s := c.session.Load()
	if s == nil || !s.enter() {
		c.counts.refused.Add(1)
		return ErrLost
	}
	defer s.leave()
	timed, cancel := context.WithTimeout(ctx, c.opts.Timeout+growth(size))
	defer cancel()
	err := f(timed, s)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return c.judge(s, err)
}

// Run has the server run a script, which is sent once, and returns the reply:
// int64, string, nil or a []any of these. Size is how many bytes it gets or
// returns, if that is much. The errors are ErrLost, ErrFull, that of ctx, and
// replies of the server that are neither.
func (c *Client) Run(ctx context.Context, script *Script, size int, keys []string, args ...any) (any, error) {
	var reply any
	err := c.do(ctx, size, func(ctx context.Context, s *session) (err error) {
		reply, err = s.run(ctx, script, keys, args...)
		return err
	})
	return reply, err
}

// Publish tells the other replicas something, as a message of a kind whose body is
// v as JSON. Who is not connected misses it. The errors are those of Run.
func (c *Client) Publish(ctx context.Context, kind string, v any) error {
	m, err := c.Message(kind, v)
	if err != nil {
		return err
	}
	_, err = c.command(ctx, len(m), 0, "publish", c.Channel(), m)
	return err
}

// command is Run for a command whose first key, if it has one, is its argument of
// that number.
func (c *Client) command(ctx context.Context, size, keyAt int, args ...any) (any, error) {
	var reply any
	err := c.do(ctx, size, func(ctx context.Context, s *session) (err error) {
		reply, err = s.command(ctx, keyAt, args...)
		return err
	})
	return reply, err
}

// Channel is where all messages of replicas with one namespace are published.
func (c *Client) Channel() string { return "perigee:" + c.opts.Namespace + ":messages" }

// maxMessage is how long a message may be.
const maxMessage = 16 << 20

// message is how messages are published.
type message struct {
	Kind string          `json:"kind"`
	From string          `json:"from"` // a replica
	Body json.RawMessage `json:"body"`
}

// Message returns what Publish publishes, for a script to do it.
func (c *Client) Message(kind string, v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("valkey: message: %w", err)
	}
	return json.Marshal(message{Kind: kind, From: c.opts.Replica, Body: body})
}

// receive hands a message to whom it is for. Those of a kind that is not known here
// are from replicas of another version.
func (c *Client) receive(payload []byte) {
	var m message
	if len(payload) > maxMessage || json.Unmarshal(payload, &m) != nil || m.From == c.opts.Replica {
		return
	}
	if f := c.messages[m.Kind]; f != nil {
		f(m.From, m.Body)
	}
}

// clientCounts are what has happened to the connection so far.
type clientCounts struct {
	sessions, losses, resubscribed   atomic.Uint64
	refused, full, crowded, declined atomic.Uint64
}

// Stats is the state of a Client and what has happened so far.
type Stats struct {
	// Up reports whether the server is reached.
	Up bool
	// Sessions counts how often it was reached, Losses how often it was lost
	// after that, Resubscribed how often only the subscription broke.
	Sessions, Losses, Resubscribed uint64
	// Refused counts the calls while the server was lost, Full those that it had
	// no memory for, Crowded those that got no connection in time, Declined those
	// that it replied to with another error.
	Refused, Full, Crowded, Declined uint64
}

// Stats returns the state. It does not ask the server.
func (c *Client) Stats() Stats {
	n := &c.counts
	return Stats{
		Up:       c.session.Load() != nil,
		Sessions: n.sessions.Load(), Losses: n.losses.Load(), Resubscribed: n.resubscribed.Load(),
		Refused: n.refused.Load(), Full: n.full.Load(), Crowded: n.crowded.Load(), Declined: n.declined.Load(),
	}
}
