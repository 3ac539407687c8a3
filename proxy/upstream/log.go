package upstream

import (
	"log/slog"
	"net/http"
	"time"
)

// attributes are what the debug record of a request says. The header is not among
// them: it holds the token.
func attributes(req *http.Request, label string, status int, took time.Duration, err error) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("method", req.Method),
		slog.String("target", req.URL.RequestURI()),
		slog.String("label", label),
		slog.Int("status", status),
		slog.Duration("took", took),
	}
	if err != nil {
		attrs = append(attrs, slog.Bool("sent", Sent(err)), slog.Any("error", err))
	}
	return attrs
}
