package disk

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"perigee/cache"
)

// name is what the file of an entry is called by: the SHA-256 of its key. Keys
// can be longer than a file name may be, and contain anything.
type name [sha256.Size]byte

const (
	// shards is how many folders the files are spread over, by the first byte of
	// their name: some file systems are slow when one has very many.
	shards     = 256
	pageSuffix = ".page"
)

func nameOf(key cache.Key) name { return sha256.Sum256([]byte(key)) }

func (n name) shard() byte    { return n[0] }
func (n name) String() string { return hex.EncodeToString(n[:]) }

// parseName returns the name of the entry whose file is called base.
func parseName(base string) (n name, ok bool) {
	digits, ok := strings.CutSuffix(base, pageSuffix)
	if !ok || len(digits) != hex.EncodedLen(len(n)) {
		return n, false
	}
	_, err := hex.Decode(n[:], []byte(digits))
	return n, err == nil && n.String() == digits
}

// path returns where the file of an entry is.
func (t *Tier) path(n name) string {
	return filepath.Join(t.folder(n.shard()), n.String()+pageSuffix)
}

func (t *Tier) folder(shard byte) string {
	return filepath.Join(t.opts.Dir, fmt.Sprintf("%02x", shard))
}
