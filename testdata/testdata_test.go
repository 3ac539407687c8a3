package testdata_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"perigee/testdata"
)

// TestPagesAgree holds the two forms of the recorded page against each other.
func TestPagesAgree(t *testing.T) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, testdata.SpacecraftPage()); err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(compact.String(), "format=api", "format=json")
	if got := string(testdata.SpacecraftPageJSON()); got != want {
		t.Errorf("got %.300s\nwant %.300s", got, want)
	}
}

// TestFresh spoils what was handed out, and asks again.
func TestFresh(t *testing.T) {
	testdata.SpacecraftPage()[0] = 'x'
	testdata.ListAnswers()[1].First[0] = "x"
	testdata.Clients()[0].App = "x"
	testdata.Exchanges()[0].Target = "x"
	if testdata.SpacecraftPage()[0] != '{' || testdata.ListAnswers()[1].First[0] != "1" ||
		testdata.Clients()[0].App == "x" || testdata.Exchanges()[0].Target == "x" {
		t.Error("what one caller changed reached another")
	}
}

func TestTables(t *testing.T) {
	lists, exchanges, clients := testdata.ListAnswers(), testdata.Exchanges(), testdata.Clients()
	if len(lists) != 114 || len(exchanges) != 32 || len(clients) != 251 {
		t.Fatalf("%d lists, %d exchanges, %d clients", len(lists), len(exchanges), len(clients))
	}
	for _, a := range lists {
		isPage := a.Body == ""
		if !strings.HasPrefix(a.Query, "?") || isPage != (a.Count >= 0) || isPage != (a.Results >= 0) {
			t.Errorf("odd row %+v", a)
		}
	}
	for _, e := range exchanges {
		if !strings.HasPrefix(e.Target, "/") || e.Status == 0 || e.Length > len(e.Body) && e.Method != "HEAD" {
			t.Errorf("odd row %+v", e)
		}
	}
	for _, c := range clients {
		if !strings.HasPrefix(c.Path, "/"+c.Version+"/") || c.Method != "GET" || strings.HasPrefix(c.Query, "?") || c.App == "" {
			t.Errorf("odd row %+v", c)
		}
	}
}
