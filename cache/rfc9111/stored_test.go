package rfc9111

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"testing"
)

func TestStorableHeader(t *testing.T) {
	got := Storable(fields("Connection", "a, B", "Connection", "c", "A", "1", "B", "1", "C", "1", "D", "1", "X", "1",
		"Age", "7", "Keep-Alive", "1", "Upgrade", "1", "Te", "1", "Transfer-Encoding", "chunked", "Proxy-Authenticate", "x"), []string{"X"})
	if want := fields("D", "1"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFreshen(t *testing.T) {
	stored := fields("Etag", `"a"`, "X", "1", "Y", "1", "Y", "2", "Content-Type", "a/b", "Content-Length", "5", "Content-Encoding", "gzip")
	got := Freshen(stored, fields("Etag", `"b"`, "Y", "3", "Content-Type", "c/d", "Content-Length", "0",
		"Content-Encoding", "br", "Content-Range", "bytes 0-1/2", "Z", "4", "Connection", "W", "W", "5", "Age", "6"), nil)
	want := fields("Etag", `"a"`, "X", "1", "Y", "3", "Z", "4", "Content-Type", "c/d", "Content-Length", "5", "Content-Encoding", "gzip")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if stored.Get("X") != "1" || len(stored["Y"]) != 2 {
		t.Errorf("the stored header has changed: %v", stored)
	}
}

// A HEAD without validators kept a changed answer of equal length fresh.
func TestCompareHead(t *testing.T) {
	stored := fields("Etag", `"a"`, "Content-Length", "5")
	for _, tt := range []struct {
		head http.Header
		want Comparison
	}{
		{fields(), Unknown},
		{fields("Content-Length", "5"), Unknown},
		{fields("Etag", `"a"`), Same},
		{fields("Etag", `"a"`, "Content-Length", "5"), Same},
		{fields("Etag", `"b"`), Different},
		{fields("Content-Length", "6"), Different},
		{fields("Etag", `"a"`, "Content-Length", "6"), Different},
		{fields("Last-Modified", at(0)), Different},
	} {
		if got := CompareHead(stored, tt.head); got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.head, got, tt.want)
		}
	}
}

func TestInvalidated(t *testing.T) {
	upstream := &url.URL{Scheme: "https", Host: "Up"}
	for _, tt := range []struct {
		method string
		status int
		pairs  []string
		want   []string
	}{
		{"GET", 200, nil, nil},
		{"TRACE", 200, nil, nil},
		{"POST", 400, nil, nil},
		{"POST", 503, nil, nil},
		{"POST", 200, nil, []string{"/a"}},
		{"get", 200, nil, []string{"/a"}}, // methods are case-sensitive
		{"DELETE", 204, []string{"Location", "b?c"}, []string{"/a", "/b?c"}},
		{"PUT", 201, []string{"Location", "http://h/b", "Content-Location", "https://up/c"}, []string{"/a", "/b", "/c"}},
		{"PUT", 201, []string{"Location", "http://g/b", "Content-Location", "http://up/c"}, []string{"/a"}},
		{"PUT", 201, []string{"Location", "http://h:x/"}, []string{"/a"}},
	} {
		x := exchanged(tt.status, tt.pairs...)
		x.Method = tt.method
		if got := Invalidated(x, upstream); !slices.Equal(got, tt.want) {
			t.Errorf("%s %d %q: got %q, want %q", tt.method, tt.status, tt.pairs, got, tt.want)
		}
	}
}
