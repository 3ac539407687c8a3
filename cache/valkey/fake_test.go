package valkey

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// fake is a server that says what a test wants, and counts what it is sent.
type fake struct {
	listener net.Listener
	reply    string // to all commands that are not of the library's greeting; "" hangs up
	running  sync.WaitGroup

	mu       sync.Mutex // guards commands
	commands []string
}

func startFake(t *testing.T, reply string) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{listener: l, reply: reply}
	f.running.Go(f.accept)
	t.Cleanup(func() {
		_ = l.Close()
		f.running.Wait()
	})
	return f
}

func (f *fake) url() string { return "redis://" + f.listener.Addr().String() }

func (f *fake) accept() {
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.running.Go(func() { f.serve(conn) })
	}
}

func (f *fake) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	r := bufio.NewReader(conn)
	for {
		command, err := readCommand(r)
		if err != nil {
			return
		}
		reply := f.answer(command)
		if reply == "" {
			return
		}
		if _, err := io.WriteString(conn, reply); err != nil {
			return
		}
	}
}

func (f *fake) answer(command []string) string {
	name := strings.ToLower(command[0])
	switch name {
	case "hello":
		return "-ERR unknown command 'HELLO'\r\n"
	case "cluster":
		_, port, _ := net.SplitHostPort(f.listener.Addr().String())
		return fmt.Sprintf("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:%s\r\n", port)
	case "command":
		return "*0\r\n"
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.commands = append(f.commands, name)
	return f.reply
}

func (f *fake) received() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.commands
}

// readCommand reads a list of strings.
func readCommand(r *bufio.Reader) ([]string, error) {
	n, err := readLength(r, '*')
	if err != nil {
		return nil, err
	}
	command := make([]string, n)
	for i := range command {
		size, err := readLength(r, '$')
		if err != nil {
			return nil, err
		}
		text := make([]byte, size+2)
		if _, err := io.ReadFull(r, text); err != nil {
			return nil, err
		}
		command[i] = string(text[:size])
	}
	return command, nil
}

func readLength(r *bufio.Reader, kind byte) (int, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if line[0] != kind {
		return 0, fmt.Errorf("got %q, want a %c", line, kind)
	}
	return strconv.Atoi(strings.TrimSpace(line[1:]))
}
