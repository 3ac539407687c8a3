package quota

import "net/netip"

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
