package valkey

import (
	"crypto/sha256"
	"encoding/hex"

	"perigee/cache"
)

// names are those of keys and channels on the server. Keys of one page have a
// Cluster hash tag in common, so that scripts can use them together.
type names struct{ namespace string }

func (n names) of(key cache.Key, what string) string {
	sum := sha256.Sum256([]byte(key))
	return "perigee:{" + n.namespace + ":" + hex.EncodeToString(sum[:]) + "}:" + what
}

// page is a hash: see Tier.
func (n names) page(key cache.Key) string { return n.of(key, "page") }

// lease is a hash: see Lease.
func (n names) lease(key cache.Key) string { return n.of(key, "lease") }

// fence is the highest fence that was handed out, in decimal.
func (n names) fence(key cache.Key) string { return n.of(key, "fence") }

// purged is a sorted set of keys by the time in ms when they were purged.
func (n names) purged() string { return "perigee:{" + n.namespace + "}:purged" }

// remembered is a sorted set of keys by the time in ms when they were remembered.
func (n names) remembered() string { return "perigee:{" + n.namespace + "}:remembered" }

// hello is what is written to see whether the server takes writes.
func (n names) hello() string { return "perigee:{" + n.namespace + "}:hello" }

// news is the channel of messages.
func (n names) news() string { return "perigee:" + n.namespace + ":news" }
