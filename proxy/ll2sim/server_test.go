package ll2sim_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"perigee/proxy/ll2sim"
)

func contained(w *httptest.ResponseRecorder, part string) bool {
	return strings.Contains(w.Body.String(), part)
}

func TestBase(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options ll2sim.Options
		want    string
	}{
		{"the host of the request", ll2sim.Options{}, "http://HOST/2.3.0/pads/1/"},
		{"with https", ll2sim.Options{HTTPS: true}, "https://HOST/2.3.0/pads/1/"},
		{"given", ll2sim.Options{BaseURL: "https://api.example"}, "https://api.example/2.3.0/pads/1/"},
		{"given with a slash", ll2sim.Options{BaseURL: "https://api.example/"}, "https://api.example/2.3.0/pads/1/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.options.Limit = -1
			w := ask(t, ll2sim.New(tt.options), http.MethodGet, "/2.3.0/pads/?limit=1")
			if !contained(w, `"url":"`+tt.want+`"`) {
				t.Errorf("no %s in %.200s", tt.want, w.Body)
			}
		})
	}
}

func TestHead(t *testing.T) {
	get, head := get(t, "/2.3.0/pads/"), ask(t, ll2sim.New(ll2sim.Options{}), http.MethodHead, "/2.3.0/pads/")
	if head.Body.Len() != 0 {
		t.Errorf("HEAD has a body: %.100s", head.Body)
	}
	if got, want := head.Header().Get("Content-Length"), get.Header().Get("Content-Length"); got != want {
		t.Errorf("Content-Length of HEAD = %s, of GET %s", got, want)
	}
}

func TestGetOnly(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: -1, GetOnly: true})
	for method, want := range map[string]int{"GET": 200, "HEAD": 405, "OPTIONS": 405, "POST": 405} {
		w := ask(t, s, method, "/2.3.0/pads/")
		if w.Code != want || w.Header().Get("Allow") != "GET" {
			t.Errorf("%s = %d, Allow %s; want %d, GET", method, w.Code, w.Header().Get("Allow"), want)
		}
	}
}

func TestCrossOrigin(t *testing.T) {
	s := ll2sim.New(ll2sim.Options{Limit: 1})
	for _, tt := range []struct {
		method, origin, asks string
		status               int
		allow                string
	}{
		{"GET", "https://app.example", "", 200, "*"},
		{"GET", "https://app.example", "", 429, "*"},
		{"GET", "", "", 429, ""},
		{"OPTIONS", "https://app.example", "GET", 200, "*"}, // free
	} {
		r := httptest.NewRequestWithContext(t.Context(), tt.method, "/2.3.0/pads/", nil)
		r.Header.Set("Origin", tt.origin)
		r.Header.Set("Access-Control-Request-Method", tt.asks)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != tt.status || got != tt.allow {
			t.Errorf("%s from %q: %d, allowed %q; want %d, %q", tt.method, tt.origin, w.Code, got, tt.status, tt.allow)
		}
	}
}

func TestOutsideTheAPI(t *testing.T) {
	for _, tt := range []struct {
		target      string
		status      int
		contentType string
	}{
		{"/", 200, "text/html; charset=utf-8"},
		{"/docs/", 200, "text/html; charset=utf-8"},
		{"/static/docs.css", 200, "text/css"},
		{"/media/invented_1.txt", 200, "text/plain; charset=utf-8"},
		{"/health_check/", 200, "application/json"},
		{"/1.0.0/launch/", 404, "text/html"},
		{"/2.3.0", 301, "text/html; charset=utf-8"},
		{"/2.3.0/launch/upcoming/", 404, "text/html"},
		{"/2.2.0/launches/upcoming/", 404, "text/html"},
		{"/2.2.0/agencies/pad", 404, "text/html"},
		{"/2.3.0/spacecraft//", 404, "text/html"},
	} {
		w := get(t, tt.target)
		if w.Code != tt.status || w.Header().Get("Content-Type") != tt.contentType {
			t.Errorf("%s: %d %s, want %d %s", tt.target, w.Code, w.Header().Get("Content-Type"), tt.status, tt.contentType)
		}
	}
}

// TestRedirectEscapes holds the address of a redirect against what Django makes of it.
func TestRedirectEscapes(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/2.3.0/pads", nil)
	r.URL.RawQuery = "a=\"<>`{}|\\^&b=%zz&c=x+y;z"
	w := httptest.NewRecorder()
	ll2sim.New(ll2sim.Options{}).ServeHTTP(w, r)
	want := "/2.3.0/pads/?a=%22%3C%3E%60%7B%7D%7C%5C%5E&b=%zz&c=x+y;z"
	if got := w.Header().Get("Location"); got != want {
		t.Errorf("Location = %s, want %s", got, want)
	}
}

func TestTooManyFields(t *testing.T) {
	query := strings.Repeat("a=1&", 999) + "a=1"
	if got := get(t, "/2.3.0/pads/?"+query).Code; got != http.StatusOK {
		t.Errorf("1000 fields: %d, want 200", got)
	}
	if got := get(t, "/2.3.0/pads/?&"+query).Code; got != http.StatusBadRequest {
		t.Errorf("one separator more: %d, want 400", got)
	}
}

// TestOverTheWire serves by net/http, which has its own mind on some headers.
func TestOverTheWire(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	server := httptest.NewServer(ll2sim.New(ll2sim.Options{Now: func() time.Time { return now }}))
	t.Cleanup(server.Close)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/2.3.0/pads/?limit=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || int64(len(body)) != answer.ContentLength {
		t.Errorf("read %d of %d bytes: %v", len(body), answer.ContentLength, err)
	}
	if got := answer.Header.Get("Date"); got != "Fri, 02 Jan 2026 03:04:05 GMT" {
		t.Errorf("Date = %s, not the clock's", got)
	}
	if !strings.Contains(string(body), `"url":"`+server.URL+`/2.3.0/pads/1/"`) {
		t.Errorf("links do not begin with the address asked: %.200s", body)
	}
}
