package config

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

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
