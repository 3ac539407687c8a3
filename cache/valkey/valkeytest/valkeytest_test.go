package valkeytest

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestServer(t *testing.T) {
	s := Start(t)
	s.Do("SET key value")
	if got := s.Do("GET key"); got != "value" {
		t.Errorf("got %q, want value", got)
	}
	s.Pause()
	s.Resume()
	if got := s.Do("LRANGE none 0 -1"); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
	s.Restart()
	if got := s.Do("GET key"); got != "" {
		t.Errorf("got %q after a restart, want nothing", got)
	}
	s.Kill()
	s.Kill()
	if _, err := s.do("PING"); err == nil {
		t.Error("a killed server answers")
	}
}

// echo returns the address of what sends back what it gets.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(conn, conn)
				_ = conn.Close()
			}()
		}
	}()
	return l.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// say sends a line, and returns an error if it does not come back.
func say(conn net.Conn) error {
	if _, err := io.WriteString(conn, "hello\n"); err != nil {
		return err
	}
	_, err := bufio.NewReader(conn).ReadString('\n')
	return err
}

func TestPartition(t *testing.T) {
	p := NewPartition(t, echo(t))
	first := dial(t, p.Addr())
	if err := say(first); err != nil {
		t.Errorf("whole: %v", err)
	}
	p.Cut()
	if err := say(first); err == nil {
		t.Error("cut: what was open goes on")
	}
	if err := say(dial(t, p.Addr())); err == nil {
		t.Error("cut: something new is let through")
	}
	p.Heal()
	second := dial(t, p.Addr())
	if err := say(second); err != nil {
		t.Errorf("healed: %v", err)
	}
	const delay = 20 * time.Millisecond
	p.Delay(delay)
	began := time.Now()
	if err := say(second); err != nil || time.Since(began) < 2*delay {
		t.Errorf("delayed: got error %v after %v, want both ways to take %v", err, time.Since(began), delay)
	}
	p.Drop()
	if err := say(second); err == nil {
		t.Error("dropped: what was open goes on")
	}
	if err := say(dial(t, p.Addr())); err != nil {
		t.Errorf("dropped: %v", err)
	}
}
