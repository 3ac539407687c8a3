package valkeytest

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Partition is a network between clients and a server that can be cut. All
// methods may be called from many goroutines.
type Partition struct {
	listener net.Listener
	to       string
	running  sync.WaitGroup

	mu     sync.Mutex // guards all below
	cut    bool
	closed bool
	delay  time.Duration
	ended  chan struct{}
	conns  map[net.Conn]struct{}
}

// NewPartition returns a network that leads to an address. It is whole at first.
func NewPartition(t testing.TB, to string) *Partition {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Partition{listener: listener, to: to, ended: make(chan struct{}), conns: make(map[net.Conn]struct{})}
	p.running.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Addr returns host:port of the clients' end.
func (p *Partition) Addr() string { return p.listener.Addr().String() }

// URL returns how clients are told of it.
func (p *Partition) URL() string { return "redis://" + p.Addr() }

// Cut ends all connections, and every new one at once.
func (p *Partition) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	p.drop()
}

// Drop ends all connections. New ones are let through.
func (p *Partition) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop()
}

// Heal lets connections through again.
func (p *Partition) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
}

// Delay holds up everything for so long, in both directions.
func (p *Partition) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

func (p *Partition) drop() {
	for conn := range p.conns {
		_ = conn.Close()
	}
	clear(p.conns)
}

func (p *Partition) close() {
	p.mu.Lock()
	p.closed = true
	close(p.ended)
	p.drop()
	p.mu.Unlock()
	_ = p.listener.Close()
	p.running.Wait()
}

func (p *Partition) accept() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return // it was closed
		}
		far, err := net.Dial("tcp", p.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		if p.hold(near, far) {
			p.running.Go(func() { p.carry(near, far) })
			p.running.Go(func() { p.carry(far, near) })
		}
	}
}

// hold notes both ends of a connection, unless there may be none.
func (p *Partition) hold(near, far net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut || p.closed {
		_, _ = near.Close(), far.Close()
		return false
	}
	p.conns[near], p.conns[far] = struct{}{}, struct{}{}
	return true
}

// carry copies one direction until either end is closed, and closes both.
func (p *Partition) carry(from, to net.Conn) {
	defer func() {
		_, _ = from.Close(), to.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.conns, from)
		delete(p.conns, to)
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && p.wait() {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			return // io.EOF among others
		}
	}
}

// wait holds up what was read, and reports whether it is still to be sent.
func (p *Partition) wait() bool {
	p.mu.Lock()
	delay := p.delay
	p.mu.Unlock()
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.ended:
		return false
	}
}
