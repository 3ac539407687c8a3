package valkey

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// session is the time between the server's being reached and its being lost. It
// has connections of its own: what was open when the server was lost may be dead
// without anybody having told, and would lose it again.
type session struct {
	rdb       redis.UniversalClient
	channel   string        // of messages
	timeout   time.Duration // of one call
	pingEvery time.Duration
	ctx       context.Context
	end       context.CancelCauseFunc // with what lost the server

	use    sync.RWMutex // held for reading by every call, for writing when the session closes; guards closed
	closed bool

	received atomic.Uint64 // how many replies the subscription has had
}

// enter is called before the server is used. If it reports false, the session is
// over; otherwise leave is called after. It does not wait for a session that is
// about to close, which itself waits for the calls under way.
func (s *session) enter() bool {
	if !s.use.TryRLock() {
		return false
	}
	if s.closed {
		s.use.RUnlock()
		return false
	}
	return true
}

func (s *session) leave() { s.use.RUnlock() }

// close waits for the calls under way, which have their deadlines.
func (s *session) close() {
	s.end(nil)
	s.use.Lock()
	defer s.use.Unlock()
	s.closed = true
	_ = s.rdb.Close() // nothing is left to be said to the server
}

// run sends the digest of a script, and the script only to a server that does
// not have it, and so has done nothing.
func (s *session) run(ctx context.Context, script *Script, keys []string, args ...any) (any, error) {
	by := scripter{s.rdb}
	reply, err := script.script.EvalSha(ctx, by, keys, args...).Result()
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		reply, err = script.script.Eval(ctx, by, keys, args...).Result()
	}
	return reply, err
}

// command sends a command whose first key is its argument of that number, zero
// if it has none.
func (s *session) command(ctx context.Context, keyAt int, args ...any) (any, error) {
	cmd := redis.NewCmd(ctx, args...)
	if keyAt > 0 {
		cmd.SetFirstKeyPos(int8(keyAt))
	}
	_ = s.rdb.Process(ctx, once{cmd}) // the command keeps it
	return cmd.Result()
}

var helloScript = script("hello")

// hello makes sure that the server takes writes, and returns its time in ms.
func (s *session) hello(key, replica string) (int64, error) {
	ctx, cancel := context.WithTimeout(s.ctx, s.timeout)
	defer cancel()
	reply, err := s.run(ctx, helloScript, []string{key}, replica)
	if err != nil {
		return 0, fmt.Errorf("greet: %w", err)
	}
	now, ok := reply.(int64)
	if !ok {
		return 0, errors.New("greet: the server does not tell its time")
	}
	return now, nil
}

// listener is a subscription to the channel.
type listener struct{ sub *redis.PubSub }

// subscribe returns a subscription that the server has confirmed: nothing that
// is published from now on is missed.
func (s *session) subscribe() (*listener, error) {
	ctx, cancel := context.WithTimeout(s.ctx, s.timeout)
	defer cancel()
	sub := s.rdb.Subscribe(ctx)
	if err := sub.Subscribe(ctx, s.channel); err != nil {
		_ = sub.Close()
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	if _, err := sub.ReceiveTimeout(ctx, s.timeout); err != nil {
		_ = sub.Close()
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	return &listener{sub}, nil
}

var (
	errSilent = errors.New("the server does not answer on the channel")
	errEnded  = errors.New("the subscription has ended")
)

// listen hands out what is published until the subscription ends, and returns
// why. It closes it.
func (s *session) listen(l *listener, receive func(payload []byte)) error {
	ctx, cancel := context.WithCancelCause(s.ctx)
	var beating sync.WaitGroup
	beating.Go(func() { cancel(s.beat(ctx, l)) })
	// Receiving looks at no context. It must not have a deadline either: one
	// that passes in the middle of a message leaves the rest of it to be taken
	// for the next.
	stop := context.AfterFunc(ctx, func() { _ = l.sub.Close() })
	defer beating.Wait()
	defer stop()
	defer func() { _ = l.sub.Close() }()
	for {
		received, err := l.sub.Receive(s.ctx)
		if err != nil {
			cancel(fmt.Errorf("%w: %w", errEnded, err))
			return context.Cause(ctx)
		}
		s.received.Add(1)
		if m, ok := received.(*redis.Message); ok {
			receive([]byte(m.Payload))
		}
	}
}

// beat pings now and then, and returns when nothing comes back.
func (s *session) beat(ctx context.Context, l *listener) error {
	ticker := time.NewTicker(s.pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
		before := s.received.Load()
		timed, cancel := context.WithTimeout(ctx, s.timeout)
		err := l.sub.Ping(timed)
		<-timed.Done()
		cancel()
		if err != nil {
			return fmt.Errorf("%w: %w", errSilent, err)
		}
		if ctx.Err() == nil && s.received.Load() == before {
			return errSilent
		}
	}
}
