package body_test

import (
	"fmt"

	"perigee/proxy/ll2"
	"perigee/proxy/ll2/body"
)

func ExampleScanJSON() {
	data := []byte(`{"count":1,"next":null,"previous":null,"results":[{"url":"https://ll.thespacedevs.com/2.3.0/spacecraft/202/"}]}`)
	layout, err := body.ScanJSON(data, "https://ll.thespacedevs.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	answer := layout.Text(data, body.Substitution{Base: "http://localhost:8080", Suffix: "?format=json"}).Append(nil)
	fmt.Printf("%d of %d: %s\n", len(layout.Results), layout.Count, answer)
	// Output:
	// 1 of 1: {"count":1,"next":null,"previous":null,"results":[{"url":"http://localhost:8080/2.3.0/spacecraft/202/?format=json"}]}
}

// A page of two elements out of a window of five that is cached, for a client who
// reaches the API at another host.
func ExampleNewCut() {
	const upstream = "https://ll.thespacedevs.com"
	resolve := func(query string) *ll2.Resource {
		res, err := ll2.Resolve(ll2.Request{Path: "/2.3.0/pads/", Query: query}, ll2.Options{})
		if err != nil {
			panic(err)
		}
		return &res
	}
	cached := []byte(`{"count":5,"next":null,"previous":null,"results":[{"id":1},{"id":2},{"id":3},{"id":4},{"id":5}]}`)
	layout, err := body.ScanJSON(cached, upstream)
	if err != nil {
		panic(err)
	}
	window, rejection := body.NewWindow(resolve("limit=100"), cached, &layout)
	if rejection != body.NotRejected {
		panic(rejection)
	}

	page := resolve("limit=2&offset=2&format=json")
	cut, ok := body.NewCut(page.Page, window, window)
	if !ok {
		panic("the window does not cover the page")
	}
	fmt.Printf("%s\n", cut.Text(body.SubstitutionFor(page, "http://localhost:8080", cut.Count())).Append(nil))
	// Output:
	// {"count":5,"next":"http://localhost:8080/2.3.0/pads/?format=json&limit=2&offset=4","previous":"http://localhost:8080/2.3.0/pads/?format=json&limit=2","results":[{"id":3},{"id":4}]}
}
