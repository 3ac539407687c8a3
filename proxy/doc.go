// Package proxy answers requests for the Launch Library 2 API from what is cached,
// and asks upstream only when it must.
//
// A request takes one way, which Handler.ServeHTTP tells: it is admitted, its client
// identified (package clients), its meaning resolved (package ll2), what is cached
// looked up (package collection), and then one pure function decides what becomes of
// it. What must be fetched goes through httputil.ReverseProxy to package fetch, and
// what that brings is decided about once more. Package render makes the answer.
package proxy
