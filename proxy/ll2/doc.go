// Package ll2 knows how Launch Library 2 reads a request. LL2 is built on the
// Django REST Framework (DRF) and django-filter, and many spellings of a request
// mean the same to them. Resolve finds that meaning: the key under which the
// answer is kept, the one form in which upstream is asked, and what DRF repeats
// of the client's own spelling when it writes links.
//
// The package is pure: it asks nobody, keeps nothing and knows no clock.
// Everything in it is safe for concurrent use. Where upstream's reading is not
// known for sure, a value counts as itself: two spellings kept apart cost a
// request, two meanings thrown together would answer wrongly.
package ll2
