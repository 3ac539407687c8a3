package plain

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// takes reports whether a response may be read whole before it is handed on. One
// that announces trailers is not: they would have to be kept with it.
func (f *fetcher) takes(resp *http.Response) bool {
	return resp.ContentLength <= f.maxBody && len(resp.Trailer) == 0
}

// read reads the content of a response. If there is too much of it, or trailers
// come behind it, whole is false, and the response can be handed on as it came.
func (f *fetcher) read(resp *http.Response) (body []byte, whole bool, err error) {
	var b bytes.Buffer
	if resp.ContentLength > 0 {
		b.Grow(int(resp.ContentLength) + bytes.MinRead)
	}
	n, err := io.Copy(&b, io.LimitReader(resp.Body, f.maxBody+1))
	if err != nil {
		resp.Body.Close()
		return nil, false, fmt.Errorf("read the response: %w", err)
	}
	if n > f.maxBody || len(resp.Trailer) > 0 {
		resp.Body = &rest{Reader: io.MultiReader(&b, resp.Body), Closer: resp.Body}
		return nil, false, nil
	}
	resp.Body.Close()
	body = bytes.Clone(b.Bytes()) // the buffer has room left that would stay allocated
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return body, true, nil
}

// rest is a body of which the beginning was read already.
type rest struct {
	io.Reader
	io.Closer
}

// ending is a body with which something else ends.
type ending struct {
	io.ReadCloser
	once sync.Once
	end  func()
}

// Close ends both.
func (e *ending) Close() error {
	err := e.ReadCloser.Close()
	e.once.Do(e.end)
	return err
}
