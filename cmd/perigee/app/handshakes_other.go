//go:build !linux

package app

import (
	"errors"
	"net"
)

// ignoreHandshakes is known for Linux alone: elsewhere a connection that comes while
// the listener is being closed is reset.
func ignoreHandshakes(*net.TCPListener) error { return errors.ErrUnsupported }
