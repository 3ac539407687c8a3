// Package proxy is the journey of a request through Perigee, in one direction:
//
//	observe → admit → resolve → look up → forward (→ fill → upstream) → answer
//
// Handler is the whole journey as an http.Handler. What a request means is
// package ll2's to say, what is held is package cache's, and package upstream is
// the only one that dials. A fresh answer is written straight from the cache;
// everything else goes through httputil.ReverseProxy, whose transport is the
// fill: one fetch for all who want the same resource at the same time.
package proxy
