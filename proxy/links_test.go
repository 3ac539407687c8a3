package proxy_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"perigee/proxy"
)

const onePage = "/2.3.0/spacecraft/?limit=2&offset=4"

func TestLinksLeadBackToTheBaseThatTheClientUsed(t *testing.T) {
	r := newRig(t, rigOptions{})
	for _, host := range []string{"one.example", "two.example:8443", "[::1]:8080"} {
		got := r.get(onePage, "Host", host)
		for _, want := range []string{
			`"next":"http://` + host + `/2.3.0/spacecraft/?limit=2&offset=6"`,
			`"previous":"http://` + host + `/2.3.0/spacecraft/?limit=2&offset=2"`,
			`"url":"http://` + host + `/2.3.0/spacecraft/5/"`,
		} {
			if !strings.Contains(got.body, want) {
				t.Errorf("host %s: no %s in %.400s", host, want, got.body)
			}
		}
		if strings.Contains(got.body, r.up.URL) {
			t.Errorf("host %s: upstream's base is left in the body", host)
		}
		for _, other := range []string{"one.example", "two.example:8443"} {
			if other != host && strings.Contains(got.body, other) {
				t.Errorf("host %s: %s shows in the body", host, other)
			}
		}
	}
	if got := r.billed(); got != 1 {
		t.Errorf("cost %d requests, want 1", got)
	}
}

func TestForwardedFieldsAreBelievedOnlyFromTrustedPeers(t *testing.T) {
	fields := []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "evil.example, api.example"}
	for _, tt := range []struct {
		name    string
		trusted []netip.Prefix
		want    string // the base; "": the one of the connection
	}{
		{"nobody", nil, ""},
		{"someone else", []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, ""},
		{"this peer", []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "https://api.example"},
	} {
		r := newRig(t, rigOptions{adjust: func(o *proxy.Options) { o.TrustedProxies = tt.trusted }})
		want := tt.want
		if want == "" {
			want = r.proxy.URL
		}
		if got := r.get(onePage, fields...); !strings.Contains(got.body, `"next":"`+want+`/2.3.0/`) {
			t.Errorf("trusting %s: %.200s, want base %s", tt.name, got.body, want)
		}
	}
}

func TestPublicURLIsTheBaseOfEveryAnswer(t *testing.T) {
	public := mustURL(t, "https://ll2.example.org")
	r := newRig(t, rigOptions{adjust: func(o *proxy.Options) { o.PublicURL = public }})
	if got := r.get(onePage, "Host", "other.example"); !strings.Contains(got.body, `"next":"https://ll2.example.org/2.3.0/`) {
		t.Errorf("%.200s", got.body)
	}
}

func TestTheBrowsablePageLeadsBackToo(t *testing.T) {
	r := newRig(t, rigOptions{})
	got := r.get(onePage, "Accept", "text/html")
	if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") || !strings.Contains(got.body, r.proxy.URL+"/2.3.0/spacecraft/5/") {
		t.Errorf("%s %.300s", got.header.Get("Content-Type"), got.body)
	}
	if strings.Contains(got.body, `"`+r.up.URL) {
		t.Errorf("upstream's base is left in a link")
	}
	if got.header.Get("No-Vary-Search") != "" {
		t.Error("No-Vary-Search on a page that echoes its query")
	}
}

func TestConditionalRequests(t *testing.T) {
	r := newRig(t, rigOptions{})
	first := r.get(onePage)
	tag := first.header.Get("Etag")
	if !strings.HasPrefix(tag, `"`) {
		t.Fatalf("ETag %q is not strong", tag)
	}
	for _, tt := range []struct {
		condition string
		status    int
	}{
		{tag, 304}, {"W/" + tag, 304}, {"*", 304}, {`"x,y", ` + tag, 304}, {`"other"`, 200}, {`W/"other"`, 200}, {"garbage", 200},
	} {
		got := r.get(onePage, "If-None-Match", tt.condition)
		if got.status != tt.status {
			t.Errorf("If-None-Match %s: %d, want %d", tt.condition, got.status, tt.status)
		}
		if tt.status == 304 && (got.body != "" || got.header.Get("Etag") != tag || got.header.Get("Content-Length") != "") {
			t.Errorf("304 with body %q, ETag %q, Content-Length %q", got.body, got.header.Get("Etag"), got.header.Get("Content-Length"))
		}
	}
	if other := r.get(onePage, "Host", "other.example").header.Get("Etag"); other == tag {
		t.Error("two bases share a strong ETag")
	}
	if unconditional := r.get(onePage); unconditional.status != 200 || unconditional.body != first.body {
		t.Errorf("without a condition: %d", unconditional.status)
	}
}

func TestHeadFetchesAndStoresTheGet(t *testing.T) {
	r := newRig(t, rigOptions{})
	head := send(t, http.MethodHead, r.proxy.URL+onePage)
	get := r.get(onePage)
	if head.status != 200 || head.body != "" || head.header.Get("Content-Length") != get.header.Get("Content-Length") {
		t.Errorf("HEAD: %d, Content-Length %q, GET's %q", head.status, head.header.Get("Content-Length"), get.header.Get("Content-Length"))
	}
	if !strings.HasPrefix(get.outcome(), "hit;") || r.billed() != 1 {
		t.Errorf("GET after HEAD: %q, %d requests", get.outcome(), r.billed())
	}
	again := send(t, http.MethodHead, r.proxy.URL+onePage)
	if again.header.Get("Etag") != get.header.Get("Etag") || again.body != "" {
		t.Errorf("HEAD of what is cached: ETag %q, want %q", again.header.Get("Etag"), get.header.Get("Etag"))
	}
}

// A client with a fixed buffer must know how much comes, and can unpack nothing.
func TestSmallClientsGetPlainBodiesOfKnownLength(t *testing.T) {
	r := newRig(t, rigOptions{})
	for _, fields := range [][]string{nil, {"Accept-Encoding", "gzip"}} {
		for range 2 { // the miss and the hit
			got := wire(t, r, "GET /2.3.0/spacecraft/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"+join(fields)+"\r\n")
			if got.header.Get("Content-Encoding") != "" || got.header.Get("Transfer-Encoding") != "" {
				t.Errorf("coded: %v", got.header)
			}
			if n := got.header.Get("Content-Length"); n == "" || n == "0" {
				t.Errorf("Content-Length %q", n)
			}
		}
	}
}

func join(fields []string) string {
	if len(fields) == 0 {
		return ""
	}
	return strings.Join(fields, ": ") + "\r\n"
}

func TestIgnoredParametersAreNamed(t *testing.T) {
	r := newRig(t, rigOptions{})
	got := r.get(`/2.3.0/spacecraft/?limit=3&tbd=1&%22=2&tbd=2`)
	if have, want := got.header.Get("Perigee-Ignored"), `"tbd", "\""`; have != want {
		t.Errorf("Perigee-Ignored: %s, want %s", have, want)
	}
	long := strings.Repeat("x", 70)
	got = r.get("/2.3.0/spacecraft/?limit=3&a%5Cb=1&%C3%A9%7F=1&" + long + "=1")
	if have, want := got.header.Get("Perigee-Ignored"), `"a\\b", "???", "`+long[:64]+`"`; have != want {
		t.Errorf("Perigee-Ignored: %s, want %s", have, want)
	}
	got = r.get("/2.3.0/spacecraft/?limit=3&q1=&q2=&q3=&q4=&q5=&q6=&q7=&q8=&q9=&r1=&r2=&r3=&r4=&r5=&r6=&r7=&r8=&r9=")
	want := `"q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "..."`
	if have := got.header.Get("Perigee-Ignored"); have != want {
		t.Errorf("Perigee-Ignored: %s, want %s", have, want)
	}
	if have := r.get(`/2.3.0/spacecraft/?limit=3`).header.Get("Perigee-Ignored"); have != "" {
		t.Errorf("without such a parameter: %s", have)
	}
}

// A redirect within the API led around the proxy, and to the wide page that it had
// asked for in place of the client's.
func TestARedirectLeadsBackToTheProxy(t *testing.T) {
	for _, tt := range []struct{ name, location, want string }{
		{"elsewhere in the API", "{UP}/2.3.0/spacecraft/?limit=100", "{BASE}/2.3.0/spacecraft/?limit=5"},
		{"by another scheme", "https://{HOST}/2.3.0/spacecraft/?limit=100", "{BASE}/2.3.0/spacecraft/?limit=5"},
		{"relative", "/2.3.0/spacecraft/?limit=100", "{BASE}/2.3.0/spacecraft/?limit=5"},
		{"with another query", "{UP}/2.3.0/spacecraft/?status=1", "{BASE}/2.3.0/spacecraft/?status=1"},
		{"to another host", "https://example.org/2.3.0/", "https://example.org/2.3.0/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, rigOptions{adjust: withWindows, wrap: func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					up := strings.NewReplacer("{UP}", "http://"+r.Host, "{HOST}", r.Host)
					w.Header().Set("Location", up.Replace(tt.location))
					w.Header().Set("Link", up.Replace("<{UP}/2.3.0/x/>; rel=canonical"))
					w.WriteHeader(http.StatusMovedPermanently)
				})
			}})
			for range 2 { // from upstream, and from the cache
				got := r.get("/2.3.0/agencies/?limit=5")
				want := strings.ReplaceAll(tt.want, "{BASE}", r.proxy.URL)
				if got.status != 301 || got.header.Get("Location") != want {
					t.Errorf("%d %q, want %q", got.status, got.header.Get("Location"), want)
				}
				if want := "<" + r.proxy.URL + "/2.3.0/x/>; rel=canonical"; got.header.Get("Link") != want {
					t.Errorf("Link is %q, want %q", got.header.Get("Link"), want)
				}
			}
		})
	}
}

// Where upstream wants https and the setting says http, it redirects each page to
// itself, and a client would go round in circles.
func TestARedirectToItselfIsNotRelayed(t *testing.T) {
	r := newRig(t, rigOptions{adjust: withWindows, wrap: func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://"+r.Host+r.URL.RequestURI())
			w.WriteHeader(http.StatusMovedPermanently)
		})
	}})
	for _, target := range []string{"/2.3.0/spacecraft/1/", "/2.3.0/spacecraft/?limit=5", "/2.3.0/spacecraft/?limit=5"} {
		got := r.get(target)
		if got.status != http.StatusBadGateway && got.status != http.StatusServiceUnavailable || got.header.Get("Location") != "" || !strings.Contains(got.body, "redirect") {
			t.Errorf("%s: %d %v %s", target, got.status, got.header, got.body)
		}
	}
}
