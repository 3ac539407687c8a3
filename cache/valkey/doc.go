// Package valkey is a client of a Valkey or Redis server that replicas share, and a
// cache tier on it.
//
// The server is a help and never a need. Every call has a deadline, nothing is
// sent twice, and while the server is lost every call says so at once, so that a
// replica goes on as if it had been alone from the start. Nothing that is stored
// there is a source of truth: the server may be emptied at any time.
//
// A Client is the connection: scripts, messages, and whether the server is there.
// A Tier on it holds entries. All keys and channels begin with "perigee:"; those
// of one page have a Cluster hash tag in common.
package valkey
