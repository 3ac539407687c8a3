package disk

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// The test binary runs itself as another process when it finds these in its
// environment: what it is to do, in which folder, and something more.
const (
	childRole  = "PERIGEE_DISK_TEST_ROLE"
	childDir   = "PERIGEE_DISK_TEST_DIR"
	childExtra = "PERIGEE_DISK_TEST_EXTRA"
)

const (
	roleWriter  = "writer"
	roleSharer  = "sharer"
	roleLimited = "limited"
	roleLocker  = "locker"
)

// runChild returns the exit code of the process.
func runChild(role string) int {
	dir, extra := os.Getenv(childDir), os.Getenv(childExtra)
	var err error
	switch role {
	case roleWriter:
		err = writer(dir, extra)
	case roleSharer:
		err = sharer(dir, extra)
	case roleLimited:
		err = limited(dir)
	case roleLocker:
		err = locker(dir)
	default:
		err = fmt.Errorf("no such role: %s", role)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// child is another process.
type child struct {
	cmd    *exec.Cmd
	stdout *bufio.Reader
}

// startChild starts another process. It is killed if it outlives the test.
func startChild(t *testing.T, role, dir, extra string) *child {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childRole+"="+role, childDir+"="+dir, childExtra+"="+extra)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &child{cmd: cmd, stdout: bufio.NewReader(stdout)}
}

// wait returns what the process had still to say, and how it ended.
func (c *child) wait() ([]byte, error) {
	rest, err := io.ReadAll(c.stdout)
	if ended := c.cmd.Wait(); ended != nil {
		err = ended
	}
	return bytes.TrimSpace(rest), err
}
