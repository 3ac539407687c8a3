// Package body reads and writes the bodies of Launch Library 2 as bytes: it finds
// the links and elements of a body (ScanJSON, ScanHTML), proves that a page is the
// window that was asked for (NewWindow), cuts other pages and single objects out of
// windows (NewCut, Element), and writes them with the links that belong to one
// client's request (Substitution).
//
// The package is pure. It never parses what it need not: upstream's own bytes are
// copied, and only the links are replaced. Everything in it is safe for concurrent
// use as long as nobody changes the bodies.
package body
