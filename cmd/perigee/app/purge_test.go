package app

import "testing"

func TestPathOf(t *testing.T) {
	for target, want := range map[string]string{
		"/a?b=1":                 "/a?b=1",
		"http://host/a?b=/c":     "/a?b=/c",
		"https://host:1/a%2Fb/?": "/a%2Fb/?",
		"https://host":           "/",
		"https://host?a=1":       "?a=1",
		"ftp://host/a":           "ftp://host/a",
		"//host/a":               "//host/a",
		"http:///a":              "http:///a",
		"a":                      "a",
		"":                       "",
		"http://%zz/":            "http://%zz/",
	} {
		if got := pathOf(target); got != want {
			t.Errorf("pathOf(%q) = %q, want %q", target, got, want)
		}
	}
}
