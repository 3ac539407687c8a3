// Package upstream talks to the API behind the proxy, and is the only place that
// dials. Upstream bills every request that reaches it, so the package makes two
// promises to whoever keeps the quota: one call puts at most one request on the
// wire, and a call that fails reports whether any byte of that request left. The
// caller reserves before a call, commits if a byte left, and may refund only if
// none did.
//
// Get fetches a resource whole, for the cache, with the proxy's credentials and
// nothing of any client. RoundTrip passes one client's request through, streamed,
// for paths outside the API, without credentials. Throttle fetches the report on
// what of the quota is spent. What the answers mean is for others to say.
package upstream
