package ll2_test

import (
	"fmt"

	"perigee/proxy/ll2"
)

func ExampleResolve() {
	for _, query := range []string{
		"format=json&search=Soyuz%20Dragon&limit=5",
		"limit=05&offset=0&search=dragon,soyuz&utm_source=x",
	} {
		res, err := ll2.Resolve(ll2.Request{Path: "/2.3.0/spacecraft", Query: query}, ll2.Options{})
		if err != nil {
			fmt.Println(err)
			continue
		}
		next, _ := res.Next("https://example.org", 590)
		fmt.Println(res.Key)
		fmt.Println("  ignored", res.Ignored)
		fmt.Println("  next", next)
	}
	// Output:
	// ll2/1 json /2.3.0/spacecraft/?limit=5&search=dragon+soyuz
	//   ignored []
	//   next https://example.org/2.3.0/spacecraft/?format=json&limit=5&offset=5&search=Soyuz+Dragon
	// ll2/1 json /2.3.0/spacecraft/?limit=5&search=dragon+soyuz
	//   ignored [utm_source]
	//   next https://example.org/2.3.0/spacecraft/?limit=5&offset=5&search=dragon%2Csoyuz&utm_source=x
}
