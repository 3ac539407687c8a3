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

// each calls parse with every element of a comma list, without the white space
// around it, and joins the errors. An element that is there twice is an error:
// one of the two was meant to be something else.
func each(text []byte, parse func(element string) error) error {
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
			if err := parse(element); err != nil {
				errs = append(errs, err)
			}
		}
		seen[element] = true
	}
	return errors.Join(errs...)
}

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

// Origins are web origins in the form that browsers send them in; "*" alone is
// any, and none is off.
type Origins []string

// UnmarshalText reads "*", "off" or a comma list of origins.
func (o *Origins) UnmarshalText(text []byte) error {
	if string(text) == off {
		*o = nil
		return nil
	}
	var origins Origins
	err := each(text, func(element string) error {
		origins = append(origins, element)
		return checkOrigin(element)
	})
	if err != nil {
		return err
	}
	if len(origins) > 1 && slices.Contains(origins, "*") {
		return errors.New("has * beside others")
	}
	*o = origins
	return nil
}

// checkOrigin refuses what no browser sends as Origin (RFC 6454 §6.2): the field
// is compared byte for byte, so a path, upper case or the scheme's own port
// would never match.
func checkOrigin(text string) error {
	if text == "*" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !isHost(u.Hostname()) || text != u.Scheme+"://"+u.Host || text != strings.ToLower(text) {
		return fmt.Errorf("has %q, which is not a lower-case scheme://host or scheme://host:port", withoutUserinfo(text))
	}
	if u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		return fmt.Errorf("has %q, whose port browsers leave out", text)
	}
	return nil
}

// String writes o so that UnmarshalText reads it back.
func (o Origins) String() string {
	if len(o) == 0 {
		return off
	}
	return strings.Join(o, ",")
}

// TTLRule gives the paths that match a pattern a freshness of their own.
type TTLRule struct {
	Pattern string        // begins with / or *; '*' matches any run of characters
	TTL     time.Duration // at least a second
}

// TTLRules are tried in their order; the first that matches decides.
type TTLRules []TTLRule

// UnmarshalText reads "off" or a comma list of pattern=duration.
func (r *TTLRules) UnmarshalText(text []byte) error {
	if string(text) == off {
		*r = nil
		return nil
	}
	var rules TTLRules
	patterns := make(map[string]bool)
	err := each(text, func(element string) error {
		rule, err := parseTTLRule(element)
		if err == nil && patterns[rule.Pattern] {
			return fmt.Errorf("has two rules for %q, of which the second never applies", rule.Pattern)
		}
		patterns[rule.Pattern] = true
		rules = append(rules, rule)
		return err
	})
	if err != nil {
		return err
	}
	*r = rules
	return nil
}

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

// String writes r so that UnmarshalText reads it back.
func (r TTLRules) String() string {
	if len(r) == 0 {
		return off
	}
	elements := make([]string, len(r))
	for i, rule := range r {
		elements[i] = rule.Pattern + "=" + showDuration(rule.TTL)
	}
	return strings.Join(elements, ",")
}
