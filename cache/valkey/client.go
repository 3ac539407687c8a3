package valkey

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

var (
	// ErrLost is returned, perhaps wrapped, by everything that needs the server
	// while it cannot be reached or cannot serve. Whoever gets it goes on as if
	// there were no server.
	ErrLost = errors.New("valkey: the server is lost")
	// ErrFull is returned, perhaps wrapped, when the server has no room.
	ErrFull = errors.New("valkey: the server has no room")
	// ErrFenced is returned by Land when a later flight has landed before.
	ErrFenced = errors.New("valkey: a later flight has landed")
)

// Client is the connection to a server. All methods may be called at any time
// from many goroutines.
type Client struct {
	opts    Options
	server  Server
	names   names
	session atomic.Pointer[session] // nil while the server is lost
	counts  counts
	full    logOnce

	life    context.Context
	end     context.CancelFunc
	running sync.WaitGroup

	hooks   hooks
	notices *notices
	flights flights
	lately  lately
	heard   int64 // server time in ms up to which purges are known; the worker's
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
	c := &Client{opts: o, server: server, names: names{namespace: o.Namespace}, notices: newNotices(o)}
	c.life, c.end = context.WithCancel(context.Background())
	c.hookTier()
	c.hookFlights()
	c.hookRemembered()
	return c, nil
}

// Start has the client reach for the server from now on, and returns at once. It
// is called once.
func (c *Client) Start() {
	c.running.Go(c.work)
	c.running.Go(c.renewLeases)
	c.running.Go(func() { c.notices.work(c.life) })
}

// Close gives up the leases that are held, tells those who follow that it is
// over, ends the client and waits for its goroutines. Every later call returns
// ErrLost. Closing again does nothing.
func (c *Client) Close() {
	c.flights.endLeases()
	c.end()
	c.running.Wait()
}

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

// run has the server run a script and returns the reply. It is safe to use from
// the hooks. The errors are ErrLost, ErrFull, that of ctx, and replies of the
// server that are neither.
func (c *Client) run(ctx context.Context, script *redis.Script, keys []string, args ...any) (any, error) {
	return c.runSized(ctx, 0, script, keys, args...)
}

// runSized is run for a script that gets or returns so many bytes.
func (c *Client) runSized(ctx context.Context, size int, script *redis.Script, keys []string, args ...any) (any, error) {
	var reply any
	err := c.do(ctx, size, func(ctx context.Context, s *session) (err error) {
		reply, err = s.run(ctx, script, keys, args...)
		return err
	})
	return reply, err
}

// command is run for a command whose first key, if it has one, is its argument
// of that number.
func (c *Client) command(ctx context.Context, size, keyAt int, args ...any) (any, error) {
	var reply any
	err := c.do(ctx, size, func(ctx context.Context, s *session) (err error) {
		reply, err = s.command(ctx, keyAt, args...)
		return err
	})
	return reply, err
}

//go:embed scripts/*.lua
var sources embed.FS

// script returns one of those beside this file.
func script(name string) *redis.Script {
	source, err := sources.ReadFile("scripts/" + name + ".lua")
	if err != nil {
		panic(fmt.Sprintf("valkey: no script %s", name)) // a mistake in this package, which every test finds
	}
	return redis.NewScript(string(source))
}
