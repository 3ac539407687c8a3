// Package cache stores what upstream answered.
//
// An Entry is one response and the times until when it is fresh and may be served
// stale; it never changes once it is stored. A Tier keeps entries by their key:
// Memory is the one on the hit path, Layered makes two tiers one, and the packages
// below this one keep entries on disk and on other machines. The rules of HTTP that
// decide what is stored, and when it is reused, are in package rfc9111.
package cache
