package config

import (
	"errors"
	"strconv"
	"strings"
)

// Window is how many elements of a list are asked for at once; 0 is off.
type Window int

const (
	windowOff = "off"
	maxWindow = 100 // what upstream puts on a page at most
)

var errWindow = errors.New("is not a number from 10 to 100")

// UnmarshalText takes off or a number. Narrower windows than upstream's default
// page would cost more than they save.
func (w *Window) UnmarshalText(text []byte) error {
	if strings.EqualFold(string(text), windowOff) {
		*w = 0
		return nil
	}
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 10 || n > maxWindow {
		return errWindow
	}
	*w = Window(n)
	return nil
}

// String is the form that UnmarshalText reads.
func (w Window) String() string {
	if w == 0 {
		return windowOff
	}
	return strconv.Itoa(int(w))
}
