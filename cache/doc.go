// Package cache holds what upstream answered.
//
// An Entry is one answer; it never changes once it is stored. A Policy says
// whether an answer may be stored and until when it is fresh, and may be served
// stale. A Tier keeps entries by their key; Memory is the tier on the hit path.
//
// The package fetches nothing and reads no clock: whoever calls passes the time,
// so that every rule of freshness can be tested with plain values.
package cache
