package upstream

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestThrottle(t *testing.T) {
	const report = `{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":15,"next_use_secs":77,"ident":"k3y"}`
	w := answering(t, response("200 OK", gz, zip(report)))
	var notes notebook
	c := newClient(t, w.url(), Options{Token: "k3y", Observer: &notes})
	got, err := c.Throttle(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != report {
		t.Errorf("got %s, want %s", got, report)
	}
	head := w.head(t)
	if !strings.HasPrefix(head, "GET /2.3.0/api-throttle/ HTTP/1.1\r\n") || !strings.Contains(head, "\r\nAuthorization: Token k3y\r\n") {
		t.Errorf("sent %q", head)
	}
	if want := []observed{{"api-throttle", 200}}; !reflect.DeepEqual(notes.notes, want) {
		t.Errorf("observed %v, want %v", notes.notes, want)
	}
}

func TestThrottleErrors(t *testing.T) {
	for _, tt := range []struct {
		name, response, want string
		kind                 error
	}{
		{"status", response("503 Service Unavailable", "", "<html>k3y"), "upstream: read report: status 503", nil},
		{"status with a report", response("429 Too Many Requests", "", `{"your_request_limit":15,"limit_frequency_secs":3600,"current_use":1}`), "upstream: read report: status 429", nil},
		{"redirect", response("302 Found", "Location: /login/\r\n", ""), "upstream: read report: status 302", nil},
		{"too long", response("200 OK", "", strings.Repeat(" ", 64<<10+1)), "upstream: read body: body too large: 65537 bytes announced, 65536 allowed", ErrTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := answering(t, tt.response)
			got, err := newClient(t, w.url(), Options{Token: "k3y"}).Throttle(t.Context())
			if got != nil {
				t.Errorf("got %s beside the error", got)
			}
			e := failure(t, err)
			if err.Error() != tt.want || !e.Sent || e.Head == nil || e.Head.Body != nil {
				t.Errorf("got %q %+v, want %q", err, e, tt.want)
			}
			if tt.kind != nil && !errors.Is(err, tt.kind) {
				t.Errorf("%v is not %v", err, tt.kind)
			}
		})
	}
}
