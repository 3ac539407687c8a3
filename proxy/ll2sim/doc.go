// Package ll2sim is a simulator of Launch Library 2: a handler that answers as
// the real service does, which runs on Django REST Framework ("DRF" in the
// comments here), down to the bytes of its links and the order in which it
// negotiates, authenticates, throttles and looks at the method.
//
// It serves the demo, and it is what tests compare the proxy with. Therefore it
// shares with package ll2 nothing but the table of endpoints: whatever reads a
// query or writes a link is written here once more, after the recorded behaviour
// in package testdata.
//
// Its data are invented, apart from one recorded page of spacecraft.
package ll2sim
