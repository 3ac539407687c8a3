package valkeytest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// StartCluster starts a Cluster of so many nodes, each with its part of the slots
// and none with a standby.
func StartCluster(t testing.TB, nodes int, args ...string) []*Server {
	t.Helper()
	cluster, buses := make([]*Server, nodes), make([]string, nodes)
	for i := range cluster {
		_, buses[i], _ = net.SplitHostPort(freeAddr(t)) // an address of our own
		cluster[i] = Start(t, append([]string{
			"--cluster-enabled", "yes", "--cluster-port", buses[i],
			"--cluster-config-file", "nodes.conf", "--cluster-announce-ip", "127.0.0.1",
		}, args...)...)
		cluster[i].Do(fmt.Sprintf("CLUSTER ADDSLOTSRANGE %d %d", i*slots/nodes, (i+1)*slots/nodes-1))
		cluster[i].Do(fmt.Sprintf("CLUSTER SET-CONFIG-EPOCH %d", i+1))
	}
	for i, s := range cluster[1:] {
		cluster[0].Do("CLUSTER MEET 127.0.0.1 " + s.port() + " " + buses[1+i])
	}
	for _, s := range cluster {
		s.AwaitCluster(nodes)
	}
	return cluster
}

// slots is how many a Cluster has.
const slots = 16384

// AwaitCluster waits until the node finds that all slots are served, by so many
// nodes.
func (s *Server) AwaitCluster(nodes int) {
	s.t.Helper()
	s.await("find the Cluster whole", func() bool {
		info := s.Do("CLUSTER INFO")
		return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_size:%d\r", nodes))
	})
}

// MasterName is what the Sentinel of StartSentinel calls its server.
const MasterName = "perigee"

// StartSentinel starts a Sentinel that watches a server, and returns when it knows
// of all its standbys.
func StartSentinel(t testing.TB, server *Server, standbys ...*Server) *Server {
	t.Helper()
	s := prepare(t, "redis")
	path := filepath.Join(s.dir, "sentinel.conf")
	config := fmt.Sprintf("port %s\nbind 127.0.0.1\ndir %s\nlogfile %s\nsentinel monitor %s 127.0.0.1 %s 1\n"+
		"sentinel down-after-milliseconds %[4]s 2000\n",
		s.port(), s.dir, s.log(), MasterName, server.port())
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s.args = []string{path, "--sentinel"}
	s.run()
	for _, standby := range standbys {
		s.await("find the standby", func() bool {
			return strings.Contains(s.Do("SENTINEL REPLICAS "+MasterName), "127.0.0.1:"+standby.port())
		})
	}
	return s
}

// StartStandby starts a server that holds what another holds.
func StartStandby(t testing.TB, server *Server) *Server {
	t.Helper()
	s := Start(t, "--replicaof", "127.0.0.1", server.port())
	server.await("have a standby that is up to date", func() bool {
		return strings.Contains(server.Do("INFO replication"), "state=online") &&
			strings.Contains(s.Do("INFO replication"), "master_link_status:up")
	})
	return s
}
