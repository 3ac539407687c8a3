package config

import (
	"fmt"
	"net/netip"
	"strings"
)

// Prefixes are networks of peers.
type Prefixes []netip.Prefix

// UnmarshalText reads a comma list of CIDR prefixes and single addresses.
func (p *Prefixes) UnmarshalText(text []byte) error {
	var prefixes Prefixes
	err := each(text, func(element string) error {
		prefix, err := parsePrefix(element)
		prefixes = append(prefixes, prefix)
		return err
	})
	if err != nil {
		return err
	}
	*p = prefixes
	return nil
}

// parsePrefix reads 10.0.0.0/8, or an address as the prefix of it alone. IPv4
// in IPv6 form is refused in a prefix, where it would never match a peer.
func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return netip.Prefix{}, fmt.Errorf("has %q, which is neither a CIDR prefix nor an address", text)
	case prefix.Addr().Is4In6():
		return netip.Prefix{}, fmt.Errorf("has %q, an IPv4 prefix that must be written as one", text)
	}
	return prefix.Masked(), nil
}

// String writes p so that UnmarshalText reads it back.
func (p Prefixes) String() string {
	elements := make([]string, len(p))
	for i, prefix := range p {
		elements[i] = prefix.String()
	}
	return strings.Join(elements, ",")
}
