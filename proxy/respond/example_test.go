package respond_test

import (
	"fmt"
	"net/http"

	"perigee/proxy/respond"
)

// A client that lost the connection asks for the rest, if it is still of the same
// representation.
func ExampleSelect() {
	body := []byte(`{"id":202,"name":"Soyuz"}`)
	header := http.Header{"Content-Length": {"25"}, "Etag": {`"v1"`}}
	request := http.Header{"Range": {"bytes=10-"}, "If-Range": {`"v1"`}}

	r := respond.Select(http.MethodGet, request, respond.Representation{ETag: `"v1"`, Length: int64(len(body))})
	r.Apply(header)

	fmt.Println(r.Status, header.Get("Content-Range"))
	fmt.Printf("%s\n", r.Content(respond.Bytes(body)))
	// Output:
	// 206 bytes 10-24/25
	// "name":"Soyuz"}
}
