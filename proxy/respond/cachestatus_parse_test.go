package respond

import (
	"errors"
	"fmt"

	"github.com/dunglas/httpsfv"
)

// errInvalid is what errors of parse wrap.
var errInvalid = errors.New("invalid Cache-Status")

// cacheMember is a member of the field that was read, and the name of its cache.
type cacheMember struct {
	Name string
	Member
}

// parse reads the lines of a Cache-Status field, the cache nearest to the origin
// first. Parameters that it does not know are passed over (RFC 9211 §4). It
// returns an error that wraps errInvalid if the field is no structured list, or a
// member breaks a rule of §2: hit beside fwd, an unknown fwd, a wrong type.
func parse(lines []string) ([]cacheMember, error) {
	list, err := httpsfv.UnmarshalList(lines)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errInvalid, err)
	}
	caches := make([]cacheMember, len(list))
	for i, member := range list {
		if caches[i], err = parseMember(member); err != nil {
			return nil, fmt.Errorf("%w: member %d: %w", errInvalid, i, err)
		}
	}
	return caches, nil
}

func parseMember(member httpsfv.Member) (cacheMember, error) {
	item, ok := member.(httpsfv.Item)
	if !ok {
		return cacheMember{}, errors.New("an inner list")
	}
	name, err := text(item.Value)
	if err != nil {
		return cacheMember{}, fmt.Errorf("name: %w", err)
	}
	c := cacheMember{Name: name}
	for _, param := range item.Params.Names() {
		value, _ := item.Params.Get(param)
		if err := c.note(param, value); err != nil {
			return cacheMember{}, fmt.Errorf("%s: %w", param, err)
		}
	}
	return c, nil
}

// note takes in one parameter.
func (m *Member) note(param string, value any) (err error) {
	switch param {
	case "hit":
		var hit bool
		if hit, err = typed[bool](value); hit {
			m.Hit = true
			err = m.checkExclusion()
		}
	case "fwd":
		var token httpsfv.Token
		if token, err = typed[httpsfv.Token](value); err == nil {
			m.Fwd, err = fwdNamed(string(token))
			err = errors.Join(err, m.checkExclusion())
		}
	case "fwd-status":
		var status int64
		status, err = typed[int64](value)
		m.FwdStatus = int(status)
	case "ttl":
		m.TTL, err = typed[int64](value)
		m.HasTTL = true
	case "stored":
		m.Stored, err = typed[bool](value)
	case "collapsed":
		m.Collapsed, err = typed[bool](value)
	case "key":
		m.Key, err = typed[string](value)
	case "detail":
		m.Detail, err = text(value)
	}
	return err
}

func (m *Member) checkExclusion() error {
	if m.Hit && m.Fwd != NotForwarded {
		return errors.New("hit and fwd exclude each other")
	}
	return nil
}

// fwdNamed returns the value of fwd with a token.
func fwdNamed(token string) (Fwd, error) {
	for fwd := FwdBypass; fwd < endOfFwd; fwd++ {
		if fwd.String() == token {
			return fwd, nil
		}
	}
	return NotForwarded, errors.New("unknown value")
}

// text returns the value of a String or a Token.
func text(value any) (string, error) {
	if token, ok := value.(httpsfv.Token); ok {
		return string(token), nil
	}
	return typed[string](value)
}

func typed[T any](value any) (T, error) {
	v, ok := value.(T)
	if !ok {
		return v, fmt.Errorf("a %T, not a %T", value, v)
	}
	return v, nil
}
