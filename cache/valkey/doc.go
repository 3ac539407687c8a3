// Package valkey lets replicas share what they hold through a Valkey or Redis
// server: pages, and the flights that fetch them.
//
// The server is a help and never a need. Every call has a deadline, nothing is
// sent twice, and while the server is lost every call says so at once, so that a
// replica goes on by itself as if it had been alone from the start. Nothing that
// is stored there is a source of truth: the server may be emptied at any time.
//
// A Client is the connection. Its Tier holds pages, its Board says which replica
// fetches a page and lets the others follow. All keys and channels begin with
// "perigee:"; those of one page have a Cluster hash tag in common.
package valkey
