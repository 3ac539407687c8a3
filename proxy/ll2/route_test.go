package ll2

import (
	"slices"
	"testing"
)

func TestFindRoute(t *testing.T) {
	const uuid = "e3df2ecd-c239-472f-95e4-2b89b4f75800"
	for _, tt := range []struct {
		path      string
		kind      Kind
		label     string
		canonical string
	}{
		{"/2.3.0/spacecraft/", List, "/2.3.0/spacecraft/", "/2.3.0/spacecraft/"},
		{"/2.3.0/spacecraft", List, "/2.3.0/spacecraft/", "/2.3.0/spacecraft/"},
		{"/%32.3.0/s%70acecraft%2F", List, "/2.3.0/spacecraft/", "/2.3.0/spacecraft/"},
		{"/2.3.0/spacecraft/202", Object, "/2.3.0/spacecraft/{id}/", "/2.3.0/spacecraft/202/"},
		{"/2.3.0/spacecraft/0202/", Object, "/2.3.0/spacecraft/{id}/", "/2.3.0/spacecraft/0202/"},
		{"/2.3.0/launches/upcoming", List, "/2.3.0/launches/upcoming/", "/2.3.0/launches/upcoming/"},
		{"/2.3.0/launches/" + uuid, Object, "/2.3.0/launches/{id}/", "/2.3.0/launches/" + uuid + "/"},
		{"/2.3.0/dashboard/starship", Single, "/2.3.0/dashboard/starship/", "/2.3.0/dashboard/starship/"},

		{"/2.3.0/", Unknown, "unknown", "/2.3.0/"},
		{"/2.3.0", Unknown, "unknown", "/2.3.0"},
		{"//2.3.0/spacecraft/", Unknown, "unknown", "//2.3.0/spacecraft/"},
		{"/./2.3.0/spacecraft/", Unknown, "unknown", "/./2.3.0/spacecraft/"},
		{"/static/../2.3.0/spacecraft/", Unknown, "unknown", "/static/../2.3.0/spacecraft/"},
		{"/%2532.3.0/spacecraft/", Unknown, "unknown", "/%2532.3.0/spacecraft/"},
		{"/2.3.0/nope", Unknown, "unknown", "/2.3.0/nope"},
		{"/2.3.0/launch/upcoming/", Unknown, "unknown", "/2.3.0/launch/upcoming/"},
		{"/2.3.0/spacecraft/abc/", Unknown, "unknown", "/2.3.0/spacecraft/abc/"},
		{"/2.3.0/SPACECRAFT/", Unknown, "unknown", "/2.3.0/SPACECRAFT/"},
		{"/2.3.0/./spacecraft/", Unknown, "unknown", "/2.3.0/./spacecraft/"},
		{"/2.3.0//spacecraft/", Unknown, "unknown", "/2.3.0//spacecraft/"},
		{"/2.3.0/spacecraft//", Unknown, "unknown", "/2.3.0/spacecraft//"},
		{"/2.3.0/spacecraft.json", Unknown, "unknown", "/2.3.0/spacecraft.json"},
		{"/2.3.0/spacecraft%", Unknown, "unknown", "/2.3.0/spacecraft%"},
		{"/2.3.0/%zz%FF%e9/", Unknown, "unknown", "/2.3.0/%zz%FF%e9/"},

		{"/2.2.0/launch/upcoming", Untabled, "/2.2.0/", "/2.2.0/launch/upcoming/"},
		{"/2.2.0/launch/" + uuid + "/", Untabled, "/2.2.0/", "/2.2.0/launch/" + uuid + "/"},
		{"/2.2.0/launch/E3DF2ECD-C239-472F-95E4-2B89B4F75800", Untabled, "/2.2.0/", "/2.2.0/launch/E3DF2ECD-C239-472F-95E4-2B89B4F75800/"},
		{"/2.1.0/agencies/44", Untabled, "/2.1.0/", "/2.1.0/agencies/44/"},
		{"/2.0.0/config%2Flaunchstatus/", Untabled, "/2.0.0/", "/2.0.0/config/launchstatus/"},
		{"/2.4.0/launches", Untabled, "unknown", "/2.4.0/launches/"},
		{"/2.10.23/launches", Untabled, "unknown", "/2.10.23/launches/"},
		{"/2.2.0/", Unknown, "unknown", "/2.2.0/"},
		{"/2.2.0/LAUNCH", Unknown, "unknown", "/2.2.0/LAUNCH"},
		{"/2.2.0//launch", Unknown, "unknown", "/2.2.0//launch"},
		{"/2.2.0/launch//", Unknown, "unknown", "/2.2.0/launch//"},
		{"/2.2.0/../launch", Unknown, "unknown", "/2.2.0/../launch"},
		{"/2.2.0/swagger", Unknown, "unknown", "/2.2.0/swagger"},
		{"/2.2.0/swagger.json", Unknown, "unknown", "/2.2.0/swagger.json"},
		{"/2.2.0/launch%20", Unknown, "unknown", "/2.2.0/launch%20"},

		{"/2.3.0/api-throttle", Throttle, "api-throttle", "/2.3.0/api-throttle/"},
		{"/2.2.0/api%2Dthrottle/", Throttle, "api-throttle", "/2.2.0/api-throttle/"},
		{"//2.3.0/api-throttle/", Throttle, "api-throttle", "//2.3.0/api-throttle/"},
		{"/2.3.0/x/../api-throttle/", Throttle, "api-throttle", "/2.3.0/x/../api-throttle/"},
		{"/2.3.0/API-Throttle", Throttle, "api-throttle", "/2.3.0/API-Throttle"},
		{"/2.3.0/api-throttle.json", Throttle, "api-throttle", "/2.3.0/api-throttle.json"},
		{"/2.3.0/%2561pi-throttle/", Throttle, "api-throttle", "/2.3.0/%2561pi-throttle/"},
		{"/2.3.0/api%2525252Dthrottle/", Throttle, "api-throttle", "/2.3.0/api%2525252Dthrottle/"},
		{"/2.3.0/api-thr%00ottle/", Throttle, "api-throttle", "/2.3.0/api-thr%00ottle/"},
		{"/x/api-%250Athrottle", Throttle, "api-throttle", "/x/api-%250Athrottle"},

		{"", Outside, "outside", ""},
		{"/", Outside, "outside", "/"},
		{"*", Outside, "outside", "*"},
		{"/2.3/spacecraft/", Outside, "outside", "/2.3/spacecraft/"},
		{"/2..0/spacecraft/", Outside, "outside", "/2..0/spacecraft/"},
		{"/2.x.0/spacecraft/", Outside, "outside", "/2.x.0/spacecraft/"},
		{"/2.3.0.1/spacecraft/", Outside, "outside", "/2.3.0.1/spacecraft/"},
		{"/12.3.0/spacecraft/", Outside, "outside", "/12.3.0/spacecraft/"},
		{"/1.4.1/launch", Outside, "outside", "/1.4.1/launch"},
		{"/%", Outside, "outside", "/%"},
	} {
		got := findRoute(tt.path)
		if got.kind != tt.kind || got.label != tt.label || got.path != tt.canonical {
			t.Errorf("%s: %s, %s, canonical path %s, want %s, %s, %s",
				tt.path, got.kind, got.label, got.path, tt.kind, tt.label, tt.canonical)
		}
		if !slices.Contains(Endpoints(), got.label) {
			t.Errorf("%s: the label %s is not among all of them", tt.path, got.label)
		}
	}
}

func TestKindString(t *testing.T) {
	for k, want := range map[Kind]string{Outside: "outside", List: "list", Unknown: "unknown", 99: "kind-99"} {
		if got := k.String(); got != want {
			t.Errorf("Kind(%d) = %q, want %q", k, got, want)
		}
	}
}
