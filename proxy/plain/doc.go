// Package plain is a shared HTTP cache for any upstream: it knows of resources
// what RFC 9110 and RFC 9111 say, and nothing else.
//
//	observe → look up → forward (→ fetch → transport) → answer
//
// Handler is an http.Handler. An answer that may be reused as it is goes out
// straight from the store; everything else goes through httputil.ReverseProxy,
// whose transport validates, fetches and stores. The rules are package cache's:
// this one only carries them out.
package plain
