package clients

import (
	"bufio"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
)

// Keys are the named clients that may identify themselves. The keys themselves
// are not kept, only their SHA-256. A Keys is safe for concurrent use and can be
// replaced while requests are served. The zero Keys knows nobody.
type Keys struct{ list atomic.Pointer[[]namedKey] }

type namedKey struct {
	name string
	hash [sha256.Size]byte
}

// Bounds of a keys file.
const (
	maxKeys    = 10_000
	maxKeyName = 64 // bytes
)

// Load takes the keys from text of one key a line: a name, blanks, and the
// SHA-256 of the key in hexadecimal. Empty lines and lines that begin with '#'
// say nothing. If anything is wrong, all faults are returned and the keys stay as
// they were.
func (k *Keys) Load(r io.Reader) error {
	var (
		list   []namedKey
		faults []error
		seen   = map[string]bool{}
		lines  = bufio.NewScanner(r)
	)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		key, err := parseKey(line)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("line %d: %w", n, err))
		case seen[key.name]:
			faults = append(faults, fmt.Errorf("line %d: the name %q stands there twice", n, key.name))
		case len(list) == maxKeys:
			return fmt.Errorf("more than %d keys", maxKeys)
		}
		seen[key.name] = true
		list = append(list, key)
	}
	if err := lines.Err(); err != nil {
		faults = append(faults, err)
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	k.list.Store(&list)
	return nil
}

// parseKey reads one line. Its errors never show what stands where the hash
// belongs: that may be the key itself.
func parseKey(line string) (namedKey, error) {
	fields := strings.Fields(line)
	if len(fields) != 2 {
		return namedKey{}, errors.New("want a name and a hash")
	}
	key := namedKey{name: fields[0]}
	if len(key.name) > maxKeyName || !plainName(key.name) {
		return namedKey{}, fmt.Errorf("a name has at most %d letters, digits, dots, hyphens and underscores", maxKeyName)
	}
	hash, err := hex.DecodeString(fields[1])
	if err != nil || len(hash) != len(key.hash) {
		return namedKey{}, fmt.Errorf("the hash of %s is not a SHA-256 in hexadecimal", key.name)
	}
	copy(key.hash[:], hash)
	return key, nil
}

func plainName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// name returns the name of the client that sent its key with r; ok is false if it
// sent none that is known. Every key is compared, so that the time it takes says
// nothing of which one is near.
func (k *Keys) name(r *http.Request) (name string, ok bool) {
	list := k.list.Load()
	secret := credentials(r)
	if list == nil || secret == "" {
		return "", false
	}
	hash := sha256.Sum256([]byte(secret))
	for _, key := range *list {
		if subtle.ConstantTimeCompare(hash[:], key.hash[:]) == 1 {
			name, ok = key.name, true
		}
	}
	return name, ok
}

// credentials returns the key in Authorization: Token KEY, as LL2's clients send
// it, or Bearer KEY, as some do.
func credentials(r *http.Request) string {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Token") && !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(secret)
}
