// Package rfc9111 is the rules of HTTP caching as pure functions: which responses
// a shared cache may store, how long they are fresh, when they may be reused, what
// a later response changes or invalidates, and which requests Vary tells apart.
//
// It does no I/O, reads no clock and remembers nothing: the caller passes header
// fields and the time. Shared follows RFC 9111 and its extensions alone; Policy is
// for an operator whose settings decide instead. Both fill in the times of a
// cache.Entry; RequestDirectives then says what one request may have of it.
package rfc9111
