package valkey

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"perigee/cache/valkey/valkeytest"
)

// The test binary runs itself as another replica, which leads a flight, when it
// finds this in its environment: the URL of the server.
const childURL = "PERIGEE_VALKEY_TEST_URL"

// killedLease is the lease of a replica that is killed.
const killedLease = time.Second

// runChild leads a flight until it is killed.
func runChild(url string) int {
	c, err := New(Options{URL: url, Namespace: "test", Replica: "child", Timeout: generous, Lease: killedLease})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	up := make(chan struct{})
	c.onBack(func() { close(up) })
	c.Start()
	<-up
	lease, _, err := c.Board(context.Background(), "key", nil)
	if err != nil || lease == nil {
		fmt.Println("no lease:", err)
		return 1
	}
	lease.Left()
	fmt.Println("leading")
	select {}
}

// startChild starts another replica and waits until it leads.
func startChild(t *testing.T, url string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childURL+"="+url)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || line != "leading\n" {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatalf("the other replica says %q, %v", line, err)
	}
	return cmd
}

// TestKilledLeader: those who follow wait no longer than the lease.
func TestKilledLeader(t *testing.T) {
	s := valkeytest.Start(t)
	c := flying(t, s.URL(), "a", killedLease)
	child := startChild(t, s.URL())
	f := follow(t, c, "key")
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	_ = child.Wait() // says that it was killed
	wantEvents(t, f, Event{Kind: Left}, Event{Kind: Over})
	if took := time.Since(killed); took > killedLease+killedLease/2 {
		t.Errorf("it took %v, want no more than about %v", took, killedLease)
	}
	lead(t, c, "key")
}
