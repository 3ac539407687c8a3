package valkeytest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// StartCluster starts a Cluster of one node. Its URL is of the form for
// Clusters.
func StartCluster(t testing.TB, args ...string) *Server {
	t.Helper()
	_, bus, _ := net.SplitHostPort(freeAddr(t)) // an address of our own
	s := Start(t, append([]string{
		"--cluster-enabled", "yes", "--cluster-port", bus,
		"--cluster-config-file", "nodes.conf", "--cluster-announce-ip", "127.0.0.1",
	}, args...)...)
	s.Do("CLUSTER ADDSLOTSRANGE 0 16383")
	s.await("own all slots", func() bool { return strings.Contains(s.Do("CLUSTER INFO"), "cluster_state:ok") })
	return s
}

// MasterName is what the Sentinel of StartSentinel calls its server.
const MasterName = "perigee"

// StartSentinel starts a server and a Sentinel that watches it.
func StartSentinel(t testing.TB, args ...string) (server, sentinel *Server) {
	t.Helper()
	server = Start(t, args...)
	sentinel = prepare(t, "redis")
	path := filepath.Join(sentinel.dir, "sentinel.conf")
	config := fmt.Sprintf("port %s\nbind 127.0.0.1\ndir %s\nlogfile %s\nsentinel monitor %s 127.0.0.1 %s 1\n",
		sentinel.port(), sentinel.dir, sentinel.log(), MasterName, server.port())
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	sentinel.args = []string{path, "--sentinel"}
	sentinel.run()
	return server, sentinel
}
