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

func ExampleResource_Windows() {
	res, err := ll2.Resolve(ll2.Request{Path: "/2.3.0/launches/", Query: "limit=10&offset=95&mode=list"}, ll2.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, w := range res.Windows(ll2.MaxWidth) {
		fmt.Printf("%s covers %d from %s\n", w.Key, w.Page.Limit, w.Page.Offset)
	}
	fmt.Println("of the list", res.List())
	// Output:
	// ll2/1 json /2.3.0/launches/?limit=100&mode=list covers 100 from 0
	// ll2/1 json /2.3.0/launches/?limit=100&mode=list&offset=100 covers 100 from 100
	// of the list ll2/1 json /2.3.0/launches/?mode=list
}
