package body_test

import (
	"fmt"

	"perigee/proxy/ll2/body"
)

func ExampleScanJSON() {
	data := []byte(`{"count":1,"next":null,"previous":null,"results":[{"url":"https://ll.thespacedevs.com/2.3.0/spacecraft/202/"}]}`)
	layout, err := body.ScanJSON(data, "https://ll.thespacedevs.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	answer := layout.Splice(nil, data, body.Substitution{Base: "http://localhost:8080", Suffix: "?format=json"})
	fmt.Printf("%d of %d: %s\n", len(layout.Results), layout.Count, answer)
	// Output:
	// 1 of 1: {"count":1,"next":null,"previous":null,"results":[{"url":"http://localhost:8080/2.3.0/spacecraft/202/?format=json"}]}
}
