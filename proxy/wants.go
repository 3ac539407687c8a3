package proxy

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"perigee/proxy/quota"
	"perigee/proxy/respond"
)

// How long one waits for a slot of the quota who could do without. It is enough
// for the report of what others spent, which the gate wants after a quiet time.
const (
	holdingPatience = 3 * time.Second // a client to whom something stale can be given
	refreshPatience = 5 * time.Second // nobody
)

// wants states what a request wants of a flight: how urgent it is, for how long it
// waits for a slot of the quota, and what must not be older than the request.
func (h *Handler) wants(x *exchange) want {
	w := want{waiter: quota.Waiter{
		Client: h.client(x), Priority: quota.Waiting,
		Deadline: x.Start.Add(min(h.options.Patience, preferredWait(x.Request.Header))),
	}}
	if x.fwd != respond.FwdURIMiss {
		w.waiter.Priority = quota.Holding
		w.waiter.Deadline = x.Start.Add(holdingPatience)
	}
	if x.fwd == respond.FwdRequest {
		w.newer = x.Start
	}
	return w
}

// preferredWait is how long the client itself would wait: Prefer: wait=SECONDS
// (RFC 7240 §4.3).
func preferredWait(h http.Header) time.Duration {
	wait := time.Duration(1<<63 - 1)
	for _, line := range h["Prefer"] {
		for preference := range strings.SplitSeq(line, ",") {
			preference, _, _ = strings.Cut(preference, ";")
			name, value, _ := strings.Cut(preference, "=")
			if !strings.EqualFold(strings.TrimSpace(name), "wait") {
				continue
			}
			n, err := strconv.ParseUint(strings.Trim(value, ` "`), 10, 31)
			if err == nil {
				wait = min(wait, time.Duration(n)*time.Second)
			}
		}
	}
	return wait
}

// quotaRefused reports whether an error says that the quota has no slot in time.
func quotaRefused(err error) bool {
	_, ok := errors.AsType[*quota.RefusedError](err)
	return ok
}
