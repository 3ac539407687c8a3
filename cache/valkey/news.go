package valkey

import (
	"encoding/json"
	"time"

	"perigee/cache"
	"perigee/proxy/quota"
)

// The kinds of messages. Replicas ignore those that they do not know.
const (
	kindLanded = "landed" // an entry was stored
	kindPurged = "purged" // an entry was deleted
	kindLeft   = "left"   // the request of a flight leaves
	kindFailed = "failed" // a flight has failed
	kindOver   = "over"   // a flight was given up
	kindJoin   = "join"   // others wait for what a flight fetches
	// kindLedger: the ledger has something new. Its key is the ledger's namespace.
	kindLedger = "ledger"
)

// maxMessage is how long a message may be. The longest are of waiters.
const maxMessage = 64 << 10

// maxKey is how long a key may be that is shared, so that each fits a message.
const maxKey = 16 << 10

// message is one on the channel of news, in JSON. A key is bytes, and so in
// base64: it need not be UTF-8.
type message struct {
	Kind string `json:"kind"`
	From string `json:"from"`
	Key  []byte `json:"key"`
	// Flight is the token of the lease that it is about.
	Flight string `json:"flight,omitempty"`
	// At is when a key was purged, in ms by the server's clock.
	At int64 `json:"at,omitempty"`
	// Reason and Pause, in ms, are of a flight that has failed.
	Reason string `json:"reason,omitempty"`
	Pause  int64  `json:"pause,omitempty"`
	// Waiters have joined.
	Waiters []waiter `json:"waiters,omitempty"`
}

// waiter is a quota.Waiter on its way. Its patience is relative, in ms, because
// clocks of replicas differ; if zero, it has none.
type waiter struct {
	Client   string `json:"client,omitempty"`
	Priority uint8  `json:"priority"`
	Patience int64  `json:"patience,omitempty"`
}

// Bounds of what a message may say. What is beyond is taken for the bound: it
// comes from a replica with other ideas, and must not tie anybody up for ever.
const (
	longestPause = time.Hour
	maxPatience  = time.Hour
	maxReason    = 256
	maxJoining   = 50
	maxClientLen = 128
)

// kindOf returns the kind of a message, "" if it is none.
func kindOf(payload []byte) string {
	var m struct{ Kind string }
	if len(payload) > maxMessage || json.Unmarshal(payload, &m) != nil {
		return ""
	}
	return m.Kind
}

// parseMessage reads a message, within the bounds.
func parseMessage(payload []byte) (message, bool) {
	var m message
	if len(payload) > maxMessage || json.Unmarshal(payload, &m) != nil || len(m.Key) == 0 {
		return message{}, false
	}
	m.Reason = m.Reason[:min(len(m.Reason), maxReason)]
	m.Pause = min(max(m.Pause, 0), longestPause.Milliseconds())
	m.Waiters = m.Waiters[:min(len(m.Waiters), maxJoining)]
	for i, w := range m.Waiters {
		m.Waiters[i].Client = w.Client[:min(len(w.Client), maxClientLen)]
		m.Waiters[i].Priority = min(w.Priority, uint8(quota.Speculative))
		m.Waiters[i].Patience = min(max(w.Patience, 0), maxPatience.Milliseconds())
	}
	return m, true
}

// message returns one of this replica's as bytes.
func (c *Client) message(m message, key cache.Key) []byte {
	m.From, m.Key = c.opts.Replica, []byte(key)
	m.Reason = m.Reason[:min(len(m.Reason), maxReason)]
	payload, err := json.Marshal(m)
	if err != nil {
		return nil // nothing in it can fail
	}
	return payload
}

// pack makes waiters fit for their way. Those beyond the bound stay behind: the
// flight is not theirs to hurry any more than it is hurried already.
func pack(who []quota.Waiter, now time.Time) []waiter {
	who = who[:min(len(who), maxJoining)]
	packed := make([]waiter, len(who))
	for i, w := range who {
		packed[i] = waiter{Client: w.Client[:min(len(w.Client), maxClientLen)], Priority: uint8(w.Priority)}
		if !w.Deadline.IsZero() {
			packed[i].Patience = max(w.Deadline.Sub(now).Milliseconds(), 1)
		}
	}
	return packed
}

// unpack is the opposite.
func unpack(packed []waiter, now time.Time) []quota.Waiter {
	who := make([]quota.Waiter, len(packed))
	for i, w := range packed {
		who[i] = quota.Waiter{Client: w.Client, Priority: quota.Priority(w.Priority)}
		if w.Patience > 0 {
			who[i].Deadline = now.Add(time.Duration(w.Patience) * time.Millisecond)
		}
	}
	return who
}
