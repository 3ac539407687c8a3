//go:build unix

package disk

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock of a file without waiting. It lasts as long as the process,
// however that ends. It reports false if another process has it.
func tryLock(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
