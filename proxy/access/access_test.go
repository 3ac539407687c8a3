package access

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestLog(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	if !Enabled(t.Context(), log) {
		t.Fatal("not enabled")
	}
	Log(t.Context(), log, Record{
		Method: "GET", URI: "/x?a=b", Status: 200, Outcome: "hit", Detail: "d", Endpoint: "/x/", Key: "k",
		Took: time.Millisecond, Bytes: 3, Upstream: 1, Client: "192.0.2.1",
	})
	want := `msg=request method=GET uri="/x?a=b" status=200 outcome=hit detail=d endpoint=/x/ key=k took=1ms bytes=3 upstream=1 client=192.0.2.1`
	if !strings.Contains(out.String(), want) {
		t.Errorf("got %s, want %s", &out, want)
	}
	if Enabled(t.Context(), slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}))) {
		t.Error("enabled for warnings alone")
	}
}
