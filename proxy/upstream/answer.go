package upstream

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Answer is a whole response. It belongs to the caller.
type Answer struct {
	// Status is the final status; redirects are not followed.
	Status int
	// Header has the end-to-end fields, without Set-Cookie and without those that
	// describe the coding (Content-Length, too).
	Header http.Header
	// Body is complete and decoded.
	Body []byte
	// Unframed is set if nothing but the end of the connection ended the body, so
	// that a cut could not have been noticed (RFC 9112, section 8). Whoever caches
	// such a body should see to its form.
	Unframed bool
	// Asked is when the first byte of the request left, Answered when the response
	// head had arrived.
	Asked, Answered time.Time
}

// readBody reads the body to its end and decodes it. Neither as sent nor as
// decoded may it exceed limit, whatever either length claims. net/http checks
// the body against its Content-Length or its chunks, and gzip against its checksum;
// unframed reports that there was none of these.
func readBody(resp *http.Response, limit int64) (body []byte, unframed bool, err error) {
	if resp.Body == http.NoBody { // an empty body is whole, whatever its coding is said to be
		return []byte{}, false, nil
	}
	if resp.ContentLength > limit {
		return nil, false, fmt.Errorf("%w: %d bytes announced, %d allowed", ErrTooLarge, resp.ContentLength, limit)
	}
	zipped, err := gzipped(resp.Header)
	if err != nil {
		return nil, false, err
	}
	wire := &io.LimitedReader{R: resp.Body, N: limit + 1}
	if zipped {
		body, err = readGzip(wire, limit)
	} else {
		body, err = io.ReadAll(wire)
	}
	// Before err, which may only say that the limit cut the stream.
	if wire.N <= 0 || int64(len(body)) > limit {
		return nil, false, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
	}
	if err != nil {
		return nil, false, err
	}
	unframed = !zipped && resp.ContentLength < 0 && len(resp.TransferEncoding) == 0
	return body, unframed, nil
}

// gzipped reports whether the body is coded with gzip, the one coding that is
// asked for. It accepts no other, and gzip only once.
func gzipped(h http.Header) (bool, error) {
	var found bool
	for coding := range strings.SplitSeq(strings.Join(h["Content-Encoding"], ","), ",") {
		switch coding = strings.ToLower(strings.TrimSpace(coding)); {
		case coding == "" || coding == "identity":
		case (coding == "gzip" || coding == "x-gzip") && !found: // RFC 9110, section 8.4.1.3
			found = true
		default:
			return false, fmt.Errorf("%w: %.100q", ErrBadCoding, h["Content-Encoding"])
		}
	}
	return found, nil
}

// readGzip decodes r to its end, but not beyond limit+1 bytes.
func readGzip(r io.Reader, limit int64) ([]byte, error) {
	z, err := gzip.NewReader(r)
	if err == io.EOF { // not even a header, where net/http announced a body
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, badGzip(err)
	}
	body, err := io.ReadAll(io.LimitReader(z, limit+1))
	return body, badGzip(err)
}

// badGzip marks the errors that mean damaged data, unlike those of the connection.
func badGzip(err error) error {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	if corrupt || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) {
		return fmt.Errorf("%w: %w", ErrBadCoding, err)
	}
	return err
}
