package plain

import (
	"io"
	"net/http"
	"time"
)

// patience is how long a client may take over each piece of a body. The server's
// own deadlines are for whole messages, and would cut long ones off.
const patience = time.Minute

// paced is a request's body on its way upstream.
type paced struct {
	io.ReadCloser
	control *http.ResponseController
}

// Read gives the client its time. Where there is no deadline to set, in tests
// without a connection, it goes without.
func (p *paced) Read(b []byte) (int, error) {
	_ = p.control.SetReadDeadline(time.Now().Add(patience))
	return p.ReadCloser.Read(b)
}
