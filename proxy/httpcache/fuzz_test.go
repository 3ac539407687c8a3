package httpcache

import (
	"net/http"
	"testing"
	"time"

	"perigee/cache/rfc9111"
)

// FuzzPartOf: what is taken for a part lies within its representation.
func FuzzPartOf(f *testing.F) {
	f.Add("bytes 4-8/10", 5)
	f.Add("bytes 0-0/*", 1)
	f.Add("bytes 9223372036854775807-9223372036854775807/9223372036854775807", 1)
	f.Fuzz(func(t *testing.T, value string, length int) {
		p, ok := partOf(http.Header{"Content-Range": {value}}, max(length, 0))
		if ok && (p.first < 0 || length < 1 || p.first > p.total-int64(length)) {
			t.Errorf("%q of %d bytes: %+v", value, length, p)
		}
	})
}

// FuzzRetryAfter: nobody waits for a negative time, nor longer than is sane.
func FuzzRetryAfter(f *testing.F) {
	f.Add("100")
	f.Add("-1")
	f.Add("Sun, 06 Nov 1994 08:49:37 GMT")
	f.Fuzz(func(t *testing.T, value string) {
		now := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
		if got, ok := rfc9111.RetryAfter(http.Header{"Retry-After": {value}}, now); got < 0 || !ok && got != 0 {
			t.Errorf("%q: %v, %t", value, got, ok)
		}
	})
}
