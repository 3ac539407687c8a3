package quota

import (
	"net/netip"
	"slices"
)

const (
	// wholeRequest is one request in micro-requests, in which clients are charged so
	// that equal parts are whole numbers.
	wholeRequest = 1_000_000
	// maxCharged is how many clients are charged for one request at most, and decide
	// how it is ranked. Where more wait, each owes so little that the rest is
	// forgiven.
	maxCharged = 64
)

// ClientID is how a client without a name of its own is told apart: by its
// address, for IPv6 by the first 64 bits, within which a client chooses freely.
func ClientID(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	if !addr.Is6() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return addr.String()
	}
	return prefix.String()
}

// charge is the part of a request that one client is charged.
type charge struct {
	client string
	micro  int64 // micro-requests
}

// clientSet is the clients that wait for one fetch, each once however many of its
// requests wait, in the order in which they came.
type clientSet struct {
	names []string
	count map[string]int
}

func (s *clientSet) add(client string) {
	if client == "" {
		return
	}
	if s.count == nil {
		s.count = map[string]int{}
	}
	if s.count[client]++; s.count[client] == 1 {
		s.names = append(s.names, client)
	}
}

func (s *clientSet) remove(client string) {
	if client == "" {
		return
	}
	if s.count[client]--; s.count[client] > 0 {
		return
	}
	delete(s.count, client)
	if i := slices.Index(s.names, client); i >= 0 {
		s.names = slices.Delete(s.names, i, i+1)
	}
}

// charged are those that pay, and whose spending decides how the request is ranked.
func (s *clientSet) charged() []string { return s.names[:min(len(s.names), maxCharged)] }

// split charges all clients equal parts of one request, as far as they are charged.
func (s *clientSet) split() []charge {
	var charges []charge
	for _, client := range s.charged() {
		charges = append(charges, charge{client: client, micro: max(wholeRequest/int64(len(s.names)), 1)})
	}
	return charges
}
