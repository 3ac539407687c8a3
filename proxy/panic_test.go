package proxy_test

import (
	"net/http"
	"testing"

	"perigee/proxy"
)

// defective panics in the goroutine of the request.
type defective struct{ proxy.Upstream }

func (defective) RoundTrip(*http.Request) (*http.Response, error) { panic("a defect") }

func TestAPanicIsAnAnswerAndIsCounted(t *testing.T) {
	r := newRig(t, rigOptions{adjust: func(o *proxy.Options) { o.Upstream = defective{o.Upstream} }})
	if got := r.get("/docs/"); got.status != 500 || got.outcome() != "detail=panic" {
		t.Errorf("got %d %q %s", got.status, got.outcome(), got.body)
	}
	r.seen.mu.Lock()
	defer r.seen.mu.Unlock()
	if r.seen.panics != 1 {
		t.Errorf("%d panics were counted", r.seen.panics)
	}
}
