package cachetest

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// Logbook records what is logged through its Logger. The zero value is empty and
// ready for use, by many goroutines.
type Logbook struct {
	mu    sync.Mutex // guards bytes
	bytes bytes.Buffer
}

// Logger returns a logger that writes into the Logbook.
func (l *Logbook) Logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// Write implements io.Writer, for the logger.
func (l *Logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes.Write(p)
}

// Lines returns the lines that contain a text.
func (l *Logbook) Lines(text string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.bytes.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}
