package ll2

import "strings"

// FromKey returns the resource that has a key, if that is of compact JSON. A key
// that ends in a hash does not tell what it is of.
func FromKey(key string) (res Resource, ok bool) {
	target, ok := strings.CutPrefix(key, scheme+representation{}.word()+" ")
	if !ok {
		return Resource{}, false
	}
	path, query, _ := strings.Cut(target, "?")
	res, err := Resolve(Request{Path: path, Query: query, Accept: []string{representation{}.accept()}}, Options{KeepUnknown: true})
	return res, err == nil && res.Key == key
}
