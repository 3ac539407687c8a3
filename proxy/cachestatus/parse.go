package cachestatus

import (
	"errors"
	"fmt"

	"github.com/dunglas/httpsfv"
)

// ErrInvalid is what errors of Parse wrap.
var ErrInvalid = errors.New("invalid Cache-Status")

// Cache is a member of the field that was read, and the name of its cache.
type Cache struct {
	Name string
	Member
}

// Parse reads the lines of a Cache-Status field, the cache nearest to the origin
// first. Parameters that it does not know are passed over (RFC 9211 §4). It
// returns an error that wraps ErrInvalid if the field is no structured list, or a
// member breaks a rule of §2: hit beside fwd, an unknown fwd, a wrong type.
func Parse(lines []string) ([]Cache, error) {
	list, err := httpsfv.UnmarshalList(lines)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	caches := make([]Cache, len(list))
	for i, member := range list {
		if caches[i], err = parseMember(member); err != nil {
			return nil, fmt.Errorf("%w: member %d: %w", ErrInvalid, i, err)
		}
	}
	return caches, nil
}

func parseMember(member httpsfv.Member) (Cache, error) {
	item, ok := member.(httpsfv.Item)
	if !ok {
		return Cache{}, errors.New("an inner list")
	}
	name, err := text(item.Value)
	if err != nil {
		return Cache{}, fmt.Errorf("name: %w", err)
	}
	c := Cache{Name: name}
	for _, param := range item.Params.Names() {
		value, _ := item.Params.Get(param)
		if err := c.note(param, value); err != nil {
			return Cache{}, fmt.Errorf("%s: %w", param, err)
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
			err = m.setHow(Hit)
		}
	case "fwd":
		var token httpsfv.Token
		if token, err = typed[httpsfv.Token](value); err == nil {
			err = m.setHow(forwardNamed(string(token)))
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

// setHow notes hit or fwd, of which there may be one.
func (m *Member) setHow(how How) error {
	switch {
	case how == Unsaid:
		return errors.New("unknown value")
	case m.How != Unsaid:
		return errors.New("hit and fwd exclude each other")
	}
	m.How = how
	return nil
}

// forwardNamed returns the value of fwd with a token, or Unsaid.
func forwardNamed(token string) How {
	for how := Bypass; how < endOfHow; how++ {
		if how.String() == token {
			return how
		}
	}
	return Unsaid
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
