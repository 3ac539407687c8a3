package respond_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"perigee/proxy/respond"
)

// panics counts them.
type panics struct {
	silent
	n atomic.Int32
}

func (p *panics) PanicRecovered() { p.n.Add(1) }

// A handler that panicked was logged at debug, counted nowhere, and its client got
// nothing at all.
func TestContain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		handle func(x *respond.Exchange)
		status int    // 0: the answer is cut
		logged string // "": nothing
		record int
	}{
		{"before it answered", func(x *respond.Exchange) {
			x.Header().Set("Etag", `"a"`)
			panic("a defect")
		}, 500, `level=ERROR msg="panic in a handler" method=GET uri=/x panic="a defect" stack=`, 500},
		{"within its answer", func(x *respond.Exchange) {
			_, _ = io.WriteString(x, "half an ")
			panic("a defect")
		}, 0, `panic="a defect"`, 200},
		{"an abort", func(*respond.Exchange) { panic(http.ErrAbortHandler) }, 0, "", 499},
		{"none", func(x *respond.Exchange) { x.Send(200, respond.Bytes("hello")) }, 200, "", 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			var counted panics
			var status int
			done := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(done)
				logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
				x := respond.NewExchange(w, r)
				defer func() { status = x.Record.Status }()
				defer x.End(&counted, logger, respond.Peer)
				defer x.Contain(&counted, logger)
				tt.handle(&x)
			}))
			defer server.Close()
			resp, err := http.Get(server.URL + "/x")
			var body []byte
			if err == nil {
				defer resp.Body.Close()
				body, err = io.ReadAll(resp.Body)
			}
			<-done
			switch {
			case tt.status == 0 && err == nil:
				t.Errorf("a whole answer came: %s", body)
			case tt.status != 0 && (err != nil || resp.StatusCode != tt.status):
				t.Errorf("got %v %s, %v", resp, body, err)
			case tt.status == 500 && (resp.Header.Get("Etag") != "" || resp.Header.Get("Cache-Status") != "Perigee;detail=panic" || !resp.Close):
				t.Errorf("the answer has %v", resp.Header)
			}
			if got := counted.n.Load() == 1; got != (tt.logged != "") || !strings.Contains(log.String(), tt.logged) || !got && log.Len() > 0 {
				t.Errorf("counted: %t, logged %s", got, &log)
			}
			if status != tt.record {
				t.Errorf("recorded status %d, want %d", status, tt.record)
			}
		})
	}
}
