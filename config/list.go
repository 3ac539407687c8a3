package config

import (
	"errors"
	"fmt"
	"strings"
)

// off is the value of a list that is to be empty, where empty means the default.
const off = "off"

// each calls parse with every element of a comma list, without the white space
// around it, and joins the errors. An element that is there twice is an error:
// one of the two was meant to be something else.
func each(text []byte, parse func(element string) error) error {
	var errs []error
	seen := make(map[string]bool)
	for element := range strings.SplitSeq(string(text), ",") {
		element = strings.TrimSpace(element)
		switch {
		case element == "":
			errs = append(errs, errors.New("has an empty element"))
		case seen[element]:
			errs = append(errs, fmt.Errorf("has %q twice", withoutUserinfo(element)))
		default:
			if err := parse(element); err != nil {
				errs = append(errs, err)
			}
		}
		seen[element] = true
	}
	return errors.Join(errs...)
}
