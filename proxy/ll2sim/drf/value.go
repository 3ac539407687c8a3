package drf

import (
	"strconv"
	"time"
)

// The values of a body are nil, bool, string, Decimal, Link, Media, List and Object.
type (
	// Object keeps its members in order, as the API does.
	Object []Member
	// Member is one name of an object with its value. It is an alias, so that literals
	// in other packages may leave the names of the fields out.
	Member = struct {
		Name  string
		Value any
	}
	// List is a list of values.
	List []any
	// Decimal is a number as it is written.
	Decimal string
	// Link is the path of a resource of the API. Rendered, it becomes absolute.
	Link string
	// Media is the path of a file. Rendered, it becomes absolute.
	Media string
)

// Number returns n as it is written.
func Number(n int) Decimal { return Decimal(strconv.Itoa(n)) }

// Get returns the member of a name; ok is false if there is none.
func (o Object) Get(name string) (value any, ok bool) {
	for _, m := range o {
		if m.Name == name {
			return m.Value, true
		}
	}
	return nil, false
}

// Set replaces the value of a member; a name that is not there stays so.
func (o Object) Set(name string, value any) {
	for i := range o {
		if o[i].Name == name {
			o[i].Value = value
		}
	}
}

// Text returns a value as it compares with text; objects and lists have none.
func Text(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case Decimal:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	default:
		return ""
	}
}

// Time reads a date or a time as the data have it.
func Time(value any) (t time.Time, ok bool) {
	text, _ := value.(string)
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// Lookup returns all values that a path such as pad, location, name leads to. It
// goes through every element of a list; of an object that the path ends at, it
// takes the id. Nulls and what is not there are left out.
func Lookup(value any, path ...string) List {
	switch v := value.(type) {
	case nil:
		return nil
	case List:
		var all List
		for _, element := range v {
			all = append(all, Lookup(element, path...)...)
		}
		return all
	case Object:
		if len(path) == 0 {
			path = []string{"id"}
		}
		next, _ := v.Get(path[0])
		return Lookup(next, path[1:]...)
	default:
		if len(path) > 0 {
			return nil
		}
		return List{v}
	}
}
