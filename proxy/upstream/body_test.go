package upstream

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// zip returns s as one gzip member.
func zip(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(s))
	_ = z.Close()
	return b.String()
}

// chunked returns a chunked response without its last chunk.
func chunked(fields string, chunks ...string) string {
	var b strings.Builder
	b.WriteString("HTTP/1.1 200 OK\r\n" + fields + "Transfer-Encoding: chunked\r\n\r\n")
	for _, c := range chunks {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(c), c)
	}
	return b.String()
}

const (
	gz      = "Content-Encoding: gzip\r\n"
	maxBody = 1000
)

func TestBodies(t *testing.T) {
	zipped := zip("hello")
	for _, tt := range []struct{ name, response, want string }{
		{"length", response("200 OK", "", "hello"), "hello"},
		{"empty", response("200 OK", "", ""), ""},
		{"as long as allowed", response("200 OK", "", strings.Repeat("x", maxBody)), strings.Repeat("x", maxBody)},
		{"more than its length", response("200 OK", "", "hello") + "HTTP/1.1 200 OK", "hello"},
		{"chunked", chunked("", "hel", "lo") + "0\r\n\r\n", "hello"},
		{"chunked with trailers", chunked("Trailer: X-Sum\r\n", "hello") + "0\r\nX-Sum: 1\r\n\r\n", "hello"},
		{"identity", response("200 OK", "Content-Encoding: Identity\r\n", "hello"), "hello"},
		{"gzip", response("200 OK", gz, zipped), "hello"},
		{"x-gzip, in capitals", response("200 OK", "Content-Encoding: X-GZIP\r\n", zipped), "hello"},
		{"gzip, chunked", chunked(gz, zipped[:7], zipped[7:]) + "0\r\n\r\n", "hello"},
		{"gzip, until the connection ends", "HTTP/1.1 200 OK\r\n" + gz + "\r\n" + zipped, "hello"},
		{"gzip, two members", response("200 OK", gz, zipped+zip(" world")), "hello world"},
		{"gzip, as long as allowed", response("200 OK", gz, zip(strings.Repeat("x", maxBody))), strings.Repeat("x", maxBody)},
		{"gzip, but empty", response("503 Service Unavailable", gz, ""), ""},
		{"no content", "HTTP/1.1 204 No Content\r\n" + gz + "\r\n", ""},
		{"after interim responses", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + response("200 OK", "", "hello"), "hello"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := answering(t, tt.response)
			answer, err := newClient(t, w.url(), Options{MaxBody: maxBody}).Get(t.Context(), Request{Path: "/"})
			if err != nil {
				t.Fatal(err)
			}
			if got := string(answer.Body); got != tt.want {
				t.Errorf("body %q, want %q", got, tt.want)
			}
			if answer.Unframed {
				t.Error("Unframed, although its end was told")
			}
		})
	}
}

func TestUnframedBody(t *testing.T) {
	w := answering(t, "HTTP/1.1 200 OK\r\n\r\nhello")
	answer, err := newClient(t, w.url(), Options{}).Get(t.Context(), Request{Path: "/"})
	if err != nil {
		t.Fatal(err)
	}
	if string(answer.Body) != "hello" || !answer.Unframed {
		t.Errorf("got %q, Unframed %v", answer.Body, answer.Unframed)
	}
}

func TestBadBodies(t *testing.T) {
	zipped := zip("hello, hello, hello")
	damaged := []byte(zipped)
	damaged[len(damaged)-8] ^= 1 // in the checksum
	long := strings.Repeat("x", maxBody+1)
	cut := func(r string) string { return r[:len(r)-3] }
	for _, tt := range []struct {
		name, response string
		want           error
	}{
		{"shorter than its length", cut(response("200 OK", "", "hello")), ErrTruncated},
		{"nothing of its length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", ErrTruncated},
		{"chunk cut", cut(chunked("", "hello")), ErrTruncated},
		{"last chunk missing", chunked("", "hello"), ErrTruncated},
		{"gzip shorter than its length", cut(response("200 OK", gz, zipped)), ErrTruncated},
		{"gzip cut", response("200 OK", gz, cut(zipped)), ErrTruncated},
		{"gzip cut, chunked", chunked(gz, cut(zipped)) + "0\r\n\r\n", ErrTruncated},
		{"gzip cut, until the connection ends", "HTTP/1.1 200 OK\r\n" + gz + "\r\n" + cut(zipped), ErrTruncated},
		{"gzip whole, last chunk missing", chunked(gz, zipped), ErrTruncated},
		{"gzip without a byte", chunked(gz) + "0\r\n\r\n", ErrTruncated},
		{"gzip damaged", response("200 OK", gz, string(damaged)), ErrBadCoding},
		{"gzip in name only", response("200 OK", gz, "hello, this is no gzip"), ErrBadCoding},
		{"gzip, then something else", response("200 OK", gz, zipped+"hello, hello"), ErrBadCoding},
		{"gzip twice", response("200 OK", gz+gz, zip(zipped)), ErrBadCoding},
		{"brotli", response("200 OK", "Content-Encoding: br\r\n", "hello"), ErrBadCoding},
		{"gzip under brotli", response("200 OK", "Content-Encoding: br, gzip\r\n", zipped), ErrBadCoding},
		{"too long", response("200 OK", "", long), ErrTooLarge},
		{"too long by its length alone", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", ErrTooLarge},
		{"too long, chunked", chunked("", long), ErrTooLarge},
		{"too long, until the connection ends", "HTTP/1.1 200 OK\r\n\r\n" + long, ErrTooLarge},
		{"gzip bomb", response("200 OK", gz, zip(strings.Repeat("x", 100*maxBody))), ErrTooLarge},
		{"gzip of nothing, without end", chunked(gz, strings.Repeat(zip(""), maxBody)), ErrTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := answering(t, tt.response)
			c := newClient(t, w.url(), Options{MaxBody: maxBody})
			e := get(t, t.Context(), c)
			if !e.Sent || e.Op != "read body" || !errors.Is(e, tt.want) {
				t.Errorf("got %+v, want %v", e, tt.want)
			}
			for _, other := range []error{ErrTruncated, ErrBadCoding, ErrTooLarge, ErrTimeout} {
				if other != tt.want && errors.Is(e, other) {
					t.Errorf("%v is also %v", e, other)
				}
			}
		})
	}
}

// A bomb is not even unpacked: what is decoded stops one byte beyond the limit.
func TestReadGzipStops(t *testing.T) {
	got, err := readGzip(strings.NewReader(zip(strings.Repeat("x", 1<<20))), 10)
	if len(got) != 11 || err != nil {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}
