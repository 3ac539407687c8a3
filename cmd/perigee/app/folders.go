package app

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"perigee/cache"
	"perigee/cache/disk"
	"perigee/config"
)

// Folders within that of an upstream, and names of what is kept in them.
const (
	pagesFolder  = "pages"
	stateFolder  = "state"
	indexName    = "holders"  // object-list index of what the server has stored
	importedName = "imported" // and of what was imported
	spentFolder  = "quota"    // with a fingerprint of the key, if there is one: it has a quota of its own
	ledgerName   = "ledger"
	replicaName  = "replica" // the name of this replica
)

// upstreamFolder is where in the data folder all is kept that is of one upstream:
// what another has answered must not be given in its name.
func upstreamFolder(c *config.Config) string {
	return filepath.Join(c.DataDir, c.UpstreamURL.Scheme+"-"+url.QueryEscape(strings.ToLower(c.UpstreamURL.Host)))
}

// diskPart is the part of the descriptors that calls into the file system may have. It is
// among ownDescriptors where these are few.
const diskPart = 4

// openPages opens the tier on disk, which other processes may have open, too. uses
// are the hits above it; nil if there are none.
func openPages(c *config.Config, maxBytes int64, uses iter.Seq2[cache.Key, uint32], log *slog.Logger) (*disk.Tier, error) {
	return disk.New(disk.Options{
		Dir: filepath.Join(upstreamFolder(c), pagesFolder), MaxBytes: maxBytes, Uses: uses, Logger: log,
		Calls: min(max(descriptors()/diskPart, 1), disk.MaxCalls),
	})
}

func openState(c *config.Config) (*disk.Store, error) {
	return disk.OpenStore(filepath.Join(upstreamFolder(c), stateFolder))
}

func openSpent(c *config.Config) (*disk.Store, error) { return disk.OpenStore(spentPath(c)) }

func spentPath(c *config.Config) string {
	folder := spentFolder
	if c.UpstreamToken.IsSet() {
		folder += "-" + fingerprint(c.UpstreamToken.Reveal())
	}
	return filepath.Join(upstreamFolder(c), folder)
}

// spentBefore reports whether an earlier run has spent of the quota, which tells a
// ledger that is lost from a first start: the folder of the ledger was made, or pages
// were fetched and there is no such folder of another key.
func spentBefore(c *config.Config) bool {
	if _, err := os.Stat(spentPath(c)); !errors.Is(err, fs.ErrNotExist) {
		return true
	}
	others := namesIn(upstreamFolder(c), func(name string) bool { return strings.HasPrefix(name, spentFolder) })
	pages := namesIn(filepath.Join(upstreamFolder(c), pagesFolder), func(name string) bool { return len(name) == 2 })
	return !others && pages
}

// namesIn reports whether a folder has something under such a name.
func namesIn(folder string, such func(name string) bool) bool {
	listed, _ := os.ReadDir(folder) // one that cannot be read has nothing
	return slices.ContainsFunc(listed, func(e os.DirEntry) bool { return such(e.Name()) })
}

// fingerprint names what is of the same settings, and tells nothing of these.
func fingerprint(settings ...string) string {
	sum := sha256.New()
	for _, s := range settings {
		fmt.Fprintf(sum, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
