package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
)

// trusting returns the TLS settings of a client that trusts s.
func trusting(s *httptest.Server) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{RootCAs: roots}
}

// discardLog keeps a server's complaints about what a test does to it out of the output.
func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

// HTTP/2 repeats requests by rules of its own. It must not be spoken even if the
// server offers it and the settings ask for it.
func TestSpeaksHTTP1Only(t *testing.T) {
	type spoken struct{ proto, negotiated string }
	seen := make(chan spoken, 1)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- spoken{r.Proto, r.TLS.NegotiatedProtocol}
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	config := trusting(s)
	config.NextProtos = []string{"h2"}

	// The server does speak HTTP/2: its own client is the proof.
	resp, err := s.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := <-seen; got.proto != "HTTP/2.0" {
		t.Fatalf("the server speaks %+v, the test shows nothing", got)
	}

	c := newClient(t, s.URL, Options{TLS: config})
	if _, err := c.Get(t.Context(), Request{Path: "/"}); err != nil {
		t.Fatal(err)
	}
	if got := <-seen; got.proto != "HTTP/1.1" || got.negotiated == "h2" {
		t.Errorf("got %+v, want HTTP/1.1", got)
	}
	if got := config.NextProtos; len(got) != 1 {
		t.Errorf("the caller's settings were changed to %v", got)
	}
}
