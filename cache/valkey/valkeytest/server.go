// Package valkeytest starts real Valkey or Redis servers for tests, and stands
// between them and their clients. Everything ends with the test.
package valkeytest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is a server on this machine, in a folder of the test, that keeps
// nothing on disk. Its methods fail the test. They are for one goroutine.
type Server struct {
	t      testing.TB
	dir    string
	addr   string
	scheme string
	args   []string
	cmd    *exec.Cmd // nil while it does not run
}

// Start starts a server with further arguments, as on its command line. If there
// is no program for it, the test is skipped, and fails with CI=true.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s := prepare(t, "redis")
	s.args = append(s.keepNothing(), append([]string{"--port", s.port()}, args...)...)
	s.run()
	return s
}

// keepNothing are the arguments of every server but Sentinels.
func (s *Server) keepNothing() []string {
	return []string{"--bind", "127.0.0.1", "--dir", s.dir, "--logfile", s.log(), "--save", "", "--appendonly", "no"}
}

// prepare returns a server with a port that is free, and that does not run.
func prepare(t testing.TB, scheme string) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir(), addr: freeAddr(t), scheme: scheme}
	t.Cleanup(s.Kill)
	return s
}

// program finds what to run.
func program(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"valkey-server", "redis-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("neither valkey-server nor redis-server is installed")
	}
	t.Skip("neither valkey-server nor redis-server is installed")
	return ""
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Addr returns host:port.
func (s *Server) Addr() string { return s.addr }

// URL returns how clients are told of it.
func (s *Server) URL() string { return s.scheme + "://" + s.addr }

func (s *Server) port() string {
	_, port, _ := net.SplitHostPort(s.addr) // an address of our own
	return port
}

// run starts the program and waits until it listens.
func (s *Server) run() {
	s.t.Helper()
	s.cmd = exec.Command(program(s.t), s.args...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.await("listen", func() bool {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
}

func (s *Server) log() string { return filepath.Join(s.dir, "log") }

// patience is how long a server has for anything.
const patience = 10 * time.Second

// await waits for a condition that only the server knows of.
func (s *Server) await(what string, met func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !met() {
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(s.log())
			s.t.Fatalf("the server does not %s:\n%s", what, log)
		case <-ticker.C:
		}
	}
}

// Pause stops the process, as an overloaded machine does. Its connections stay.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume has the process go on.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

// Kill ends the process at once. It does nothing if that has happened.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // says that it was killed
	s.cmd = nil
}

// Restart ends the process, if it runs, and starts another one, which knows
// nothing, at the same address.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	s.run()
}

// Do sends a command, whose parts have no spaces, over a connection of its own
// and returns the reply: of a list the items, one a line.
func (s *Server) Do(command string) string {
	s.t.Helper()
	reply, err := s.do(command)
	if err != nil {
		s.t.Fatalf("%s: %v", command, err)
	}
	return reply
}

func (s *Server) do(command string) (string, error) {
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		return "", err
	}
	return readReply(bufio.NewReader(conn))
}

// readReply reads a reply in RESP2.
func readReply(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSpace(line)
	switch kind, rest := line[0], line[1:]; kind {
	case '+', ':':
		return rest, nil
	case '-':
		return "", errors.New(rest)
	case '$':
		n, err := strconv.Atoi(rest)
		if err != nil || n < 0 {
			return "", err
		}
		text := make([]byte, n+2)
		_, err = io.ReadFull(r, text)
		return string(text[:n]), err
	case '*':
		return readList(r, rest)
	}
	return "", fmt.Errorf("no reply: %q", line)
}

func readList(r *bufio.Reader, length string) (string, error) {
	n, err := strconv.Atoi(length)
	if err != nil {
		return "", err
	}
	var items []string
	for range n {
		item, err := readReply(r)
		if err != nil {
			return "", err
		}
		items = append(items, item)
	}
	return strings.Join(items, "\n"), nil
}
