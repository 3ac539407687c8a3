// Package dataset has the data of the simulator: the lists of Launch Library 2 with
// invented elements, apart from one recorded page of spacecraft, and what each name
// of a filter, a search or an ordering leads to in them.
//
// The elements of a list have every field that its documented parameters need. The
// same start gives the same data.
package dataset
