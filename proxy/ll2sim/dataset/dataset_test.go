package dataset

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"perigee/proxy/ll2/catalog"
	"perigee/proxy/ll2sim/drf"
	"perigee/proxy/ll2sim/python"
)

// TestEveryParameter gives every documented parameter a value that an element
// has: the list must not grow by it, and must keep that element.
func TestEveryParameter(t *testing.T) {
	now := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	s := NewStore(now)
	for _, e := range catalog.Table(catalog.Latest) {
		if !e.List {
			continue
		}
		view := s.View(e, now)
		for _, name := range FieldFilters(e) {
			f, op := resolve(e, name)
			value, ok := someValue(view.All, f)
			if !ok {
				t.Errorf("%s: no element has anything for %s", e.Path, name)
				continue
			}
			some, refusal := view.Filter(python.Query{{Name: name, Value: value}})
			if refusal != nil {
				t.Errorf("%s?%s=%s: %v", e.Path, name, value, refusal.Body)
				continue
			}
			isWhole := e.Path == "/2.3.0/"+Name(e)+"/" // not only the coming or the past
			keeps := isWhole && op != drf.Greater && op != drf.Less
			if len(some) > len(view.Rows) || keeps && len(some) == 0 {
				t.Errorf("%s?%s=%s: %d elements of %d", e.Path, name, value, len(some), len(view.Rows))
			}
		}
	}
}

// someValue returns a value that an element has in a field.
func someValue(rows []*drf.Row, f drf.Field) (string, bool) {
	for _, r := range rows {
		if values := drf.Lookup(drf.List{r.Base, r.Detail}, f.Path...); len(values) > 0 {
			return f.Text(values[0]), true
		}
	}
	return "", false
}

func TestReadValue(t *testing.T) {
	read := func(body string) (any, error) {
		d := json.NewDecoder(strings.NewReader(body))
		d.UseNumber()
		return readValue(d)
	}
	body := `{"z":[1.50,"https://ll.thespacedevs.com/2.3.0/pads/1/?format=api","https://ll.thespacedevs.com.example/","https://ll.thespacedevs.com",null,true,"a b"],"a":{}}`
	value, err := read(body)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"z":[1.50,"+/2.3.0/pads/1/","https://ll.thespacedevs.com.example/","https://ll.thespacedevs.com",null,true,"a b"],"a":{}}`
	if got := drf.RenderJSON(value, 0, func(to any) string { return fmt.Sprintf("+%v", to) }); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, broken := range []string{"", "{", "[1", `{"a":}`, `[1 2]`} {
		if _, err := read(broken); err == nil {
			t.Errorf("no error for %q", broken)
		}
	}
}

func TestDuration(t *testing.T) {
	for _, tt := range []struct {
		text          string
		days, seconds int
	}{
		{"P0D", 0, 0}, {"PT4H35M", 0, 16500}, {"P3DT54M15S", 3, 3255}, {"P187DT6H31M58S", 187, 23518}, {"P93DT12H", 93, 43200},
	} {
		if got := duration(tt.days, tt.seconds); got != tt.text {
			t.Errorf("duration(%d, %d) = %s, want %s", tt.days, tt.seconds, got, tt.text)
		}
	}
}
