// Package drf does what Django REST Framework 3.14 with django-filter does with a
// request: it negotiates, throttles, filters, searches, orders and pages the rows of
// a list, and renders what comes out as JSON or as a browsable page, byte for byte.
//
// It knows nothing of Launch Library but the kinds of its parameters: a ListView
// says what there is to list, and by which names.
package drf
