package valkey

// hooks are called by the client's own goroutines, one after the other. They are
// registered before Start.
type hooks struct {
	news       map[string]func(payload []byte)
	back, lost []func()
}

// onNews registers who is told of messages of a kind. It is called by the
// goroutine that reads from the server, and must not wait for anything.
func (c *Client) onNews(kind string, f func(payload []byte)) {
	if c.hooks.news == nil {
		c.hooks.news = make(map[string]func([]byte))
	}
	c.hooks.news[kind] = f
}

// onBack registers who is told that the server is reached, which can be used by
// then.
func (c *Client) onBack(f func()) { c.hooks.back = append(c.hooks.back, f) }

// onLost registers who is told that the server is lost, after it was reached.
func (c *Client) onLost(f func()) { c.hooks.lost = append(c.hooks.lost, f) }

// tell hands a message to whom it is for. Those of a kind that is not known here
// are from replicas of another version.
func (h *hooks) tell(payload []byte) {
	if f := h.news[kindOf(payload)]; f != nil {
		f(payload)
	}
}

func (h *hooks) runBack() {
	for _, f := range h.back {
		f()
	}
}

func (h *hooks) runLost() {
	for _, f := range h.lost {
		f()
	}
}
