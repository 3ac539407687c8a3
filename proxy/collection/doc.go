// Package collection decides from which versions of a list's windows an answer is
// made, so that a client that walks a list page by page reads one coherent list.
// It is pure: what it decides on is handed in, the time included.
package collection
