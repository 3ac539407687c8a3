package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// off is the value of a list that is to be empty, where empty means the default.
const off = "off"

// parseList parses every element of a comma list, without the white space around
// it, and joins the errors. An element that is there twice is an error: one of the
// two was meant to be something else.
func parseList[T any](text []byte, parse func(element string) (T, error)) (list []T, err error) {
	var errs []error
	seen := make(map[string]bool)
	for element := range strings.SplitSeq(string(text), ",") {
		element = strings.TrimSpace(element)
		switch {
		case element == "":
			errs = append(errs, errors.New("has an empty element"))
		case seen[element]:
			errs = append(errs, fmt.Errorf("has %q twice", withoutUserinfo(element)))
		default:
			value, err := parse(element)
			list, errs = append(list, value), append(errs, err)
		}
		seen[element] = true
	}
	return list, errors.Join(errs...)
}

// showList writes what parseList reads.
func showList[T any](list []T) string {
	elements := make([]string, len(list))
	for i, element := range list {
		elements[i] = fmt.Sprint(element)
	}
	return strings.Join(elements, ",")
}

// Prefixes are networks of peers.
type Prefixes []netip.Prefix

// UnmarshalText reads a comma list of CIDR prefixes and single addresses.
func (p *Prefixes) UnmarshalText(text []byte) (err error) {
	*p, err = parseList(text, parsePrefix)
	return err
}

// String is the form that UnmarshalText reads.
func (p Prefixes) String() string { return showList(p) }

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

// Origins are web origins in the form that browsers send them in; "*" alone is
// any, and none is off.
type Origins []string

// UnmarshalText reads "*", "off" or a comma list of origins.
func (o *Origins) UnmarshalText(text []byte) (err error) {
	if string(text) == off {
		*o = nil
		return nil
	}
	*o, err = parseList(text, parseOrigin)
	if err == nil && len(*o) > 1 && slices.Contains(*o, "*") {
		return errors.New("has * beside others")
	}
	return err
}

// String is the form that UnmarshalText reads.
func (o Origins) String() string {
	if len(o) == 0 {
		return off
	}
	return showList(o)
}

// parseOrigin refuses what no browser sends as Origin (RFC 6454 §6.2): the field
// is compared byte for byte, so a path, upper case or the scheme's own port
// would never match.
func parseOrigin(text string) (string, error) {
	if text == "*" {
		return text, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !isHost(u.Hostname()) || text != u.Scheme+"://"+u.Host || text != strings.ToLower(text) {
		return "", fmt.Errorf("has %q, which is not a lower-case scheme://host or scheme://host:port", withoutUserinfo(text))
	}
	if u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		return "", fmt.Errorf("has %q, whose port browsers leave out", text)
	}
	return text, nil
}

// Hosts are names and addresses without ports; "*" alone is any.
type Hosts []string

// UnmarshalText reads "*" or a comma list of hosts.
func (h *Hosts) UnmarshalText(text []byte) (err error) {
	*h, err = parseList(text, parseHost)
	if err == nil && len(*h) > 1 && slices.Contains(*h, "*") {
		return errors.New("has * beside others")
	}
	return err
}

// String is the form that UnmarshalText reads.
func (h Hosts) String() string { return showList(h) }

// parseHost reads a host in lower case. IPv6 may stand in brackets.
func parseHost(text string) (string, error) {
	host := strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	if text != "*" && !isHost(host) {
		return "", fmt.Errorf("has %q, which is neither a host name nor an address", text)
	}
	return strings.ToLower(host), nil
}

// TTLRule gives the paths that match a pattern a freshness of their own.
type TTLRule struct {
	Pattern string        // begins with / or *; '*' matches any run of characters
	TTL     time.Duration // at least a second
}

// TTLRules are tried in their order; the first that matches decides.
type TTLRules []TTLRule

// UnmarshalText reads "off" or a comma list of pattern=duration.
func (r *TTLRules) UnmarshalText(text []byte) (err error) {
	if string(text) == off {
		*r = nil
		return nil
	}
	patterns := make(map[string]bool)
	*r, err = parseList(text, func(element string) (TTLRule, error) {
		rule, err := parseTTLRule(element)
		if err == nil && patterns[rule.Pattern] {
			err = fmt.Errorf("has two rules for %q, of which the second never applies", rule.Pattern)
		}
		patterns[rule.Pattern] = true
		return rule, err
	})
	return err
}

// String is the form that UnmarshalText reads.
func (r TTLRules) String() string {
	if len(r) == 0 {
		return off
	}
	return showList(r)
}

// String is the form that TTLRules reads.
func (r TTLRule) String() string { return r.Pattern + "=" + showDuration(r.TTL) }

func parseTTLRule(text string) (TTLRule, error) {
	cut := strings.LastIndexByte(text, '=') // a path may hold one, a duration never does
	if cut < 0 {
		return TTLRule{}, fmt.Errorf("has %q, which is not pattern=duration", text)
	}
	pattern, span := strings.TrimSpace(text[:cut]), strings.TrimSpace(text[cut+1:])
	if !isPattern(pattern) {
		return TTLRule{}, fmt.Errorf("has the pattern %q, which can match no path", pattern)
	}
	ttl, err := parseDuration(span)
	if err != nil {
		return TTLRule{}, fmt.Errorf("has the duration %q, which %w", span, err)
	}
	if ttl < time.Second {
		return TTLRule{}, fmt.Errorf("has the duration %q, which is shorter than 1s", span)
	}
	return TTLRule{pattern, ttl}, nil
}

// isPattern reports whether text can match an escaped path, which always begins
// with a slash and has visible ASCII alone, without query and fragment.
func isPattern(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == '?' || c == '#' {
			return false
		}
	}
	return text != "" && (text[0] == '/' || text[0] == '*')
}
