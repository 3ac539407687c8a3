package ll2

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// TestCanonicalValues asks for one parameter at a time. An empty want: it is no filter.
func TestCanonicalValues(t *testing.T) {
	const (
		one = "3c1e2f60-0d2b-4d2e-9d8a-0a6f7a3f0001"
		two = "3c1e2f60-0d2b-4d2e-9d8a-0a6f7a3f0002"
	)
	for _, tt := range []struct{ path, name, value, want string }{
		{"launches/", "status", "4", "4"},
		{"launches/", "status", "+04 ", "4"},
		{"launches/", "status", "\t4\n", "4"},
		{"launches/", "status", "00", "0"},
		{"launches/", "status", "", ""},
		{"launches/", "status", " ", " "},
		{"launches/", "status", "-4", "-4"},
		{"launches/", "status", "-04", "-04"},
		{"launches/", "status", "++4", "++4"},
		{"launches/", "status", "+ 4", "+ 4"},
		{"launches/", "status", "\u00a04", "\u00a04"},
		{"launches/", "status", "4.0", "4.0"},
		{"launches/", "status", "4,4", "4,4"},
		{"launches/", "status", "٤", "٤"},
		{"launches/", "status", strings.Repeat("0", maxInteger) + "4", strings.Repeat("0", maxInteger) + "4"},

		{"launches/", "is_crewed", "True", "true"},
		{"launches/", "is_crewed", "1", "true"},
		{"launches/", "is_crewed", "FALSE", "false"},
		{"launches/", "is_crewed", "0", "false"},
		{"launches/", "is_crewed", " true", ""},
		{"launches/", "is_crewed", "01", ""},
		{"launches/", "is_crewed", "yes", ""},
		{"launches/", "is_crewed", "true,false", ""},
		{"launches/", "is_crewed", "", ""},

		{"launches/", "name", " Falcon 9 ", "Falcon 9"},
		{"launches/", "name", "\u3000Falcon\x1f", "Falcon"},
		{"launches/", "name", "Falcon  9", "Falcon  9"},
		{"launches/", "name", "falcon 9", "falcon 9"},
		{"launches/", "name", "b,a", "b,a"},
		{"launches/", "name", "  ", "  "},
		{"launches/", "name", " \x00 ", " \x00 "},
		{"launches/", "name", "", ""},

		{"launches/", "status__ids", "3,1,2", "1,2,3"},
		{"launches/", "status__ids", "10,9", "9,10"},
		{"launches/", "status__ids", "01, 1,+1", "1"},
		{"launches/", "status__ids", ",2,,1,", "1,2"},
		{"launches/", "status__ids", ",", ","},
		{"launches/", "status__ids", ",,", ",,"},
		{"launches/", "status__ids", "2, ,1", "2, ,1"},
		{"launches/", "status__ids", "2,x,1", "2,x,1"},
		{"launches/", "status__ids", "2;1", "2;1"},
		{"launches/", "status__ids", "", ""},

		{"launches/", "lsp__name", "SpaceX,NASA,SpaceX", "NASA,SpaceX"},
		{"launches/", "lsp__name", " NASA,ESA", " NASA,ESA"},
		{"launches/", "lsp__name", "a,", ",a"},
		{"launches/", "lsp__name", ",", ","},
		{"launches/", "lsp__name", ",,", ","},
		{"launches/", "lsp__name", "b,a\x00", "b,a\x00"},
		{"launches/", "lsp__name", "", ""},

		{"launches/", "id", two + "," + one + "," + two, one + "," + two},
		{"launches/", "id", one + "," + strings.ToUpper(two), strings.ToUpper(two) + "," + one},
		{"launches/", "id", two + "," + one + ",", two + "," + one + ","},
		{"launches/", "id", two + ", " + one, two + ", " + one},
		{"launches/", "id", "", ""},

		{"launches/", "mode", "normal", ""},
		{"launches/", "mode", "list", "list"},
		{"launches/", "mode", "Normal", "Normal"},
		{"launches/", "mode", " normal", " normal"},
		{"launches/", "mode", "", ""},

		{"launches/", "ordering", "net", "net"},
		{"launches/", "ordering", " -net ,\u00a0id", "-net,id"},
		{"launches/", "ordering", "net,-net,id,net", "net,id"},
		{"launches/", "ordering", "- net,-", ""},
		{"launches/", "ordering", "--net,Net,\x00net", ""},
		{"launches/", "ordering", ",,", ""},
		{"payload_flights/", "ordering", " b,a,b ", " b,a,b "},
		{"payload_flights/", "ordering", "", ""},

		{"launches/", "search", "Falcon, HEAVY falcon", "falcon heavy"},
		{"launches/", "search", "b\ta\nb\v\f\ra", "a b"},
		{"launches/", "search", "B\u00a0A a", "a b\u00a0a"},
		{"launches/", "search", "ÜBER ber", "ber Über"},
		{"launches/", "search", " , ,", ""},
		{"launches/", "search", ` b "A c" `, ` b "A c" `},
		{"launches/", "search", "b 'A", "b 'A"},
		{"launches/", "search", `b\ A`, `b\ A`},
		{"launches/", "search", "b \x00A", "b \x00A"},
		{"launches/", "search", "", ""},

		{"astronauts/", "date_of_birth__gt", " 1970-01-01", " 1970-01-01"},
		{"astronauts/", "date_of_birth__gt", "", ""},
		{"pads/", "latitude__lt", "01.50 ", "01.50 "},
		{"updates/", "launch", strings.ToUpper(one), strings.ToUpper(one)},
		{"launches/", "limit", "11", "11"},
		{"launches/", "limit", "010", ""},
		{"launches/", "limit", "101", "100"},
		{"launches/", "limit", "-101", ""},
		{"launches/", "limit", strings.Repeat("9", 4300), "100"},
		{"launches/", "limit", strings.Repeat("9", 4301), ""},
		{"launches/", "offset", "-0", ""},
		{"launches/", "offset", "007", "7"},
	} {
		want := ""
		if tt.want != "" {
			want = tt.name + "=" + url.QueryEscape(tt.want)
		}
		res := resolve(t, "/2.3.0/"+tt.path+"?"+tt.name+"="+url.QueryEscape(tt.value))
		if res.Query != want {
			t.Errorf("%s=%.50q becomes %.50q, want %.50q", tt.name, tt.value, res.Query, want)
		}
		if res.Ignored != nil {
			t.Errorf("%s=%.50q is ignored, although %s documents it", tt.name, tt.value, tt.path)
		}
	}
}

func TestCanonicalTime(t *testing.T) {
	for _, tt := range []struct{ value, want string }{
		{"2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"},
		{"2026-01-31T12:00:00+00:00", "2026-01-31T12:00:00Z"},
		{"2026-01-31T12:00:00-00:00", "2026-01-31T12:00:00Z"},
		{"2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"},
		{"2025-12-31T20:30:00-05:30", "2026-01-01T02:00:00Z"},
		{"2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.5Z"},
		{"2026-01-31T12:00:00.500000Z", "2026-01-31T12:00:00.5Z"},
		{"2026-01-31T12:00:00.000Z", "2026-01-31T12:00:00Z"},
		{"2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123456Z"},
		{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
		{"0002-01-01T00:00:00Z", "0002-01-01T00:00:00Z"},
	} {
		if got := canonicalTime(tt.value); got != tt.want {
			t.Errorf("canonicalTime(%q) = %q, want %q", tt.value, got, tt.want)
		}
	}
	for _, kept := range []string{
		"", "2026-01-31", "2026-01-31T12:00Z", "2026-01-31T12:00:00", "2026-01-31 12:00:00Z",
		"2026-01-31t12:00:00z", "2026-1-31T12:00:00Z", " 2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z ",
		"2026-01-31T12:00:00+0200", "2026-01-31T12:00:00+02", "2026-01-31T12:00:00 02:00",
		"2026-01-31T12:00:00+24:00", "2026-01-31T12:00:00+02:60", "2026-01-31T12:00:00+2:000",
		"2026-01-31T12:00:00.Z", "2026-01-31T12:00:00.1234567Z", "2026-01-31T12:00:00,5Z",
		"2026-02-30T12:00:00Z", "2026-13-01T12:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z",
		"2026-01-31T12:00:60Z", "0001-06-01T00:00:00Z", "9999-06-01T00:00:00Z", "0000-01-01T00:00:00Z",
		"0002-01-01T00:00:00+01:00", "9998-12-31T23:30:00-01:00", "٢026-01-31T12:00:00Z",
	} {
		if got := canonicalTime(kept); got != kept {
			t.Errorf("canonicalTime(%q) = %q, want it as sent", kept, got)
		}
	}
}

func TestRepeatedParameters(t *testing.T) {
	for _, tt := range []struct{ query, want string }{
		{"families=2&families=1&families=10", "families=1&families=10&families=2"},
		{"families=1&families=1", "families=1&families=1"},
		{"families=", "families="},
		{"families=2&families=", "families=&families=2"},
		{"families=02&families=1,2", "families=02&families=1%2C2"},
		{"name=a&name=b", "name=b"},
		{"name=a&name=", ""},
		{"limit=1&limit=", ""},
		{"mode=list&mode=normal", ""},
	} {
		if got := resolve(t, "/2.3.0/launcher_configurations/?"+tt.query).Query; got != tt.want {
			t.Errorf("?%s becomes ?%s, want ?%s", tt.query, got, tt.want)
		}
	}
}

func TestValuesOfOneNameKeepTheirOrder(t *testing.T) {
	const n = 100 // enough for a sort that is not stable to show
	var sent, x, y []string
	for i := range n {
		value := "=" + strconv.Itoa(i*37%n)
		x, y = append(x, "x"+value), append(y, "y"+value)
		sent = append(sent, "y"+value, "x"+value)
	}
	want := strings.Join(x, "&") + "&" + strings.Join(y, "&")
	for _, path := range []string{"/2.2.0/launch/", "/2.3.0/nope/"} {
		if got := resolve(t, path+"?"+strings.Join(sent, "&")).Query; got != want {
			t.Errorf("%s: ?%s, want ?%s", path, got, want)
		}
	}
}
