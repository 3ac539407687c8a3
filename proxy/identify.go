package proxy

import (
	"net/http"
	"net/netip"

	"perigee/proxy/quota"
	"perigee/proxy/respond"
)

// identify finds out who asks, if that is a named client, and refuses strangers
// where names are required. Everybody else is known by address.
func (h *Handler) identify(x *exchange) *respond.Problem {
	if x.Request.Header["Authorization"] != nil {
		x.name, _ = h.options.Keys.name(x.Request)
	}
	if x.name == "" && h.options.RequireKey {
		return &respond.Problem{
			Status: http.StatusUnauthorized, Reason: "key", Header: http.Header{"Www-Authenticate": {"Token"}},
			Detail: "A key is required. Send it as Authorization: Token KEY.",
		}
	}
	return nil
}

// client is who asks, as the quota tells clients apart: by name, else by address,
// of which of IPv6 the first half counts.
func (h *Handler) client(x *exchange) string {
	if x.name != "" {
		return x.name
	}
	address := h.addressing.client(x.Request)
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	return quota.ClientID(addr)
}
