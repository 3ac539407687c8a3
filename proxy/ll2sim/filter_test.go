package ll2sim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"perigee/proxy/ll2sim"
)

// TestSameFilter holds that queries which the framework takes for the same are
// the same here, also where they go by a field of another list.
func TestSameFilter(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: -1})
	chosen := func(target string) string {
		var body struct {
			Count   int
			Results []struct{ ID any }
		}
		decode(t, ask(t, s, http.MethodGet, target), &body)
		return fmt.Sprint(body)
	}
	for _, tt := range []struct{ list, a, b string }{
		{"spacecraft", "status=4.9", "status=4"},                  // cut off for an integer column
		{"spacecraft", "status=-0.5", "status=0"},                 // towards zero
		{"spacecraft", "status=1e50", "status=99"},                // none
		{"spacecraft", "name=%C2%A0Soyuz%205%1f", "name=Soyuz+5"}, // outer space, Unicode's too
		{"spacecraft", "name=%20", ""},                            // nothing but space
		{"spacecraft", "in_space=tRuE", "in_space=1"},             //
		{"spacecraft", "in_space=on", ""},                         //
		{"spacecraft", "search=soyuz%1c5", "search=5,soyuz"},      //
		{"spacecraft", "ordering=,-id,", "ordering=-id"},          //
		{"spacecraft", "ordering=-", ""},                          //
		{"launches", "status__ids=3,4", "status__ids=4,,+3,3.0"},  // a set; blanks fall out
		{"launches", "status__ids=", ""},                          // no filter
		{"launches", "status__ids=,", "status__ids=99"},           // but nothing but blanks: none
		{"launches", "lsp__name=,", "lsp__name=nobody"},           //
		{"launches", "lsp__name=SpaceX,Blue+Origin", "lsp__name=Blue+Origin,%20SpaceX"},
		{"launches", "lsp__name=SpaceX", "lsp__id=121"},
		{"launches", "program=17&program=25", "program=25&program=17"},
		{"launches", "pad__location=12", "location__ids=12"},
		{"launches", "id=e3df2ecdc239472f95e42b89b4f75800", "id={E3DF2ECD-c239-472f-95e4-2b89b4f75800}"},
		{"launches", "net__gte=2026-01-10", "net__gte=2026-01-10T00:00Z"},
		{"launches", "net__gte=2026-01-10T02:00:00%2B02:00", "net__gte=2026-01-10+00:00:00"},
		{"launches", "mission__orbit__name__icontains=LOW+earth", "mission__orbit__name=Low+Earth+Orbit"},
		{"launches", "include_suborbital=true", ""},
		{"launches", "ordering=-net", "ordering=-net,name"},
		{"pads", "latitude__gt=0", "latitude__gt=0.0"},
		{"agencies", "name__contains=spacex", "name__contains=nobody"}, // contains minds the case
		{"agencies", "LIMIT=3&foo=bar", ""},
		{"agencies", "total_launch_count__gte=5.9", "total_launch_count__gt=4"},
	} {
		a, b := chosen("/2.3.0/"+tt.list+"/?"+tt.a), chosen("/2.3.0/"+tt.list+"/?"+tt.b)
		if a != b {
			t.Errorf("%s: ?%s is %.80s but ?%s is %.80s", tt.list, tt.a, a, tt.b, b)
		}
	}
}

// TestNarrows holds that filters do filter.
func TestNarrows(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: -1})
	for _, target := range []string{
		"/2.3.0/launches/?include_suborbital=false", "/2.3.0/launches/?program=17", "/2.3.0/launches/?year=2026",
		"/2.3.0/launches/upcoming/?hide_recent_previous=True", "/2.3.0/launches/?search=starlink+spacex",
		"/2.3.0/agencies/?total_launch_count__lt=5", "/2.3.0/astronauts/?date_of_birth__gte=2000-01-01",
	} {
		var all, some listURLs
		list, _, _ := strings.Cut(target, "?")
		decode(t, ask(t, s, http.MethodGet, list), &all)
		decode(t, ask(t, s, http.MethodGet, target), &some)
		if some.Count == 0 || some.Count >= all.Count {
			t.Errorf("%s: %d of %d", target, some.Count, all.Count)
		}
	}
}

// TestShortNames holds that the short names of filters go by the members meant.
func TestShortNames(t *testing.T) {
	var body struct {
		Results []struct {
			Provider struct{ ID int } `json:"launch_service_provider"`
			Pad      struct{ Location struct{ ID int } }
			Rocket   struct{ Configuration struct{ ID int } }
		}
	}
	decode(t, get(t, "/2.3.0/launches/?lsp__id=121&location__ids=12,27&launcher_config__id=164&limit=1"), &body)
	if len(body.Results) == 0 {
		t.Fatal("no such launch")
	}
	r := body.Results[0]
	if r.Provider.ID != 121 || r.Pad.Location.ID != 12 && r.Pad.Location.ID != 27 || r.Rocket.Configuration.ID != 164 {
		t.Errorf("got %+v", r)
	}
}

// TestErrors has the messages that the endpoint tests do not meet.
func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		target, body string
	}{
		{"/2.3.0/spacecraft/?status=abc&name=%00&spacecraft_config=x",
			`{"name":["Null characters are not allowed."],"spacecraft_config":["Enter a number."],"status":["Enter a number."]}`},
		{"/2.3.0/spacecraft/?status=1e51", `{"status":["Ensure this value is less than or equal to 1e+50."]}`},
		{"/2.3.0/launches/?program=", `{"program":["“” is not a valid value."]}`},
		{"/2.3.0/launches/?program=999&program=abc", `{"program":["“abc” is not a valid value."]}`},
		{"/2.3.0/launches/?program=17&program=999", `{"program":["Select a valid choice. 999 is not one of the available choices."]}`},
		{"/2.3.0/launches/?program=%2017", `{"program":["Select a valid choice.  17 is not one of the available choices."]}`},
		{"/2.3.0/launches/?net__gte=%20", `{"net__gte":["Enter a valid date/time."]}`},
		{"/2.3.0/launches/?lsp__name=a,%00", `{"lsp__name":["Null characters are not allowed."]}`},
	} {
		w := get(t, tt.target)
		if w.Code != http.StatusBadRequest || w.Body.String() != tt.body {
			t.Errorf("%s: %d %s, want 400 %s", tt.target, w.Code, w.Body, tt.body)
		}
	}
}

// TestFiltersOfObjects: the framework looks for an object among those that pass
// the filters of the list, though the API documents no parameters for it.
func TestFiltersOfObjects(t *testing.T) {
	for target, want := range map[string]int{
		"/2.3.0/spacecraft/202/?status=4":                              200,
		"/2.3.0/spacecraft/202/?status=99":                             404,
		"/2.3.0/spacecraft/202/?status=abc":                            400,
		"/2.3.0/spacecraft/202/?search=zzz":                            404,
		"/2.3.0/spacecraft/202/?offset=900&limit=1&ordering=bogus&x=1": 200,
		"/2.3.0/spacecraft/0202/":                                      200,
	} {
		if got := get(t, target).Code; got != want {
			t.Errorf("%s = %d, want %d", target, got, want)
		}
	}
}

// TestModes holds what each mode shows of an element.
func TestModes(t *testing.T) {
	members := func(target string) (mode string, n int) {
		var body struct{ Results []map[string]any }
		if err := json.Unmarshal(get(t, target).Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		mode, _ = body.Results[0]["response_mode"].(string)
		return mode, len(body.Results[0])
	}
	_, normal := members("/2.3.0/launches/")
	for query, want := range map[string]string{
		"": "normal", "mode=normal": "normal", "mode=list": "list", "mode=detailed": "detailed",
		"mode=": "normal", "mode=LIST": "normal", "mode=detailed&mode=list": "list",
	} {
		mode, n := members("/2.3.0/launches/?" + query)
		if mode != want || (n < normal) != (want == "list") || (n > normal) != (want == "detailed") {
			t.Errorf("?%s: mode %s with %d members, normal has %d", query, mode, n, normal)
		}
	}
	if mode, _ := members("/2.3.0/config/orbits/?mode=detailed"); mode != "" {
		t.Errorf("a list without modes has mode %s", mode)
	}
}
