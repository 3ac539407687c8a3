// Package soak has no code but tests: the whole program in both profiles, under
// everything at once. Random clients ask, reload, walk, leave and read slowly,
// upstream fails now and then, operators purge, and every single answer is checked
// against what upstream had said by then.
//
// Upstream stamps each of its answers with a serial number, and its resources change
// several times a second. So of each answer a client gets it is known from which
// exchanges with upstream it was made, and when these were: whether its Age tells the
// truth, whether it should have been purged, whether its parts belong together.
//
// make soak runs it for a few minutes; go test for a moment, to see that it works.
package soak
