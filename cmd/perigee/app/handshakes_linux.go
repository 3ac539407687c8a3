package app

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// ignoreHandshakes has the kernel drop the first segment of every new connection, and
// nothing else. Closing a listener resets the connections that wait to be accepted:
// after this there are no more of them, and these can be accepted before. Whose segment
// was dropped sends it again, and is told then that nobody listens.
func ignoreHandshakes(l *net.TCPListener) error {
	const flags, syn = 13, 0x02 // an offset within the TCP header (RFC 9293, section 3.1), and a bit there
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: syn, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff},
	}
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptSockFprog(int(fd), syscall.SOL_SOCKET, syscall.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	})
	if err != nil {
		return err
	}
	return failed
}
