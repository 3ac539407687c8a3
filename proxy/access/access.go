// Package access writes the access log: one record for each request, with the
// same keys in every profile.
package access

import (
	"context"
	"log/slog"
	"time"
)

// Record is what became of one request.
type Record struct {
	Method   string
	URI      string // as the client sent it
	Status   int    // 499: the client left before it was answered
	Outcome  string
	Detail   string
	Endpoint string
	Key      string // what the request means; empty: it never came to mean anything
	Took     time.Duration
	Bytes    int64
	Upstream int    // requests that were sent upstream on behalf of this one
	Client   string // address
}

// Enabled reports whether records are logged at all. Whoever asks first saves
// himself the making of one.
func Enabled(ctx context.Context, log *slog.Logger) bool { return log.Enabled(ctx, slog.LevelInfo) }

// Log writes the record.
func Log(ctx context.Context, log *slog.Logger, r Record) {
	log.LogAttrs(ctx, slog.LevelInfo, "request",
		slog.String("method", r.Method), slog.String("uri", r.URI),
		slog.Int("status", r.Status), slog.String("outcome", r.Outcome),
		slog.String("detail", r.Detail), slog.String("endpoint", r.Endpoint),
		slog.String("key", r.Key), slog.Duration("took", r.Took),
		slog.Int64("bytes", r.Bytes), slog.Int("upstream", r.Upstream),
		slog.String("client", r.Client))
}
