package spool_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/spool"
)

// write writes a body in pieces into s, one a second, and returns the error of the
// first that finds no room.
func write(ctx context.Context, s *spool.Spool, body string, piece int) error {
	for len(body) > 0 {
		b, err := s.Room(ctx)
		if err != nil {
			return err
		}
		n := copy(b, body[:min(piece, len(body))])
		body = body[n:]
		if err := s.Wrote(n); err != nil {
			return err
		}
		time.Sleep(time.Second)
	}
	return nil
}

// TestSpool: all readers get all of a body, whether it is kept or not and whenever they
// join, and what was taken of the budgets is given back.
func TestSpool(t *testing.T) {
	body := strings.Repeat("0123456789", 100_000)
	for _, tt := range []struct {
		length, limit int64
		kept          bool
	}{{1_000_000, 1_000_000, true}, {-1, 1_000_000, true}, {-1, 999_999, false}, {-1, 300_000, false}} {
		synctest.Test(t, func(t *testing.T) {
			var b spool.Budgets
			b.Set(8_000_000)
			s := spool.New(&b, tt.length, tt.limit)
			var all sync.WaitGroup
			for i := range 3 {
				all.Go(func() {
					time.Sleep(time.Duration(i) * time.Second)
					r, ok := s.Join(t.Context())
					if !ok {
						t.Error("the beginning is gone")
						return
					}
					defer r.Close()
					if got, err := io.ReadAll(r); err != nil || string(got) != body {
						t.Errorf("reader %d got %d bytes, %v", i, len(got), err)
					}
				})
			}
			synctest.Wait()
			if err := write(t.Context(), s, body, 50_000); err != nil {
				t.Error(err)
			}
			got, kept := s.Body()
			if kept != tt.kept || kept && string(got) != body {
				t.Errorf("kept %t: %d bytes, want %t", kept, len(got), tt.kept)
			}
			state := spool.Whole
			if !kept {
				state = spool.Passed
			}
			s.End(state, nil, http.Header{})
			all.Wait()
			if !b.Of(0).Take(2_000_000) || !b.Of(1<<30).Take(6_000_000) {
				t.Error("not all was given back")
			}
		})
	}
}

// TestNobodyReads: a body that is not kept and that nobody reads is of no use.
func TestNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b spool.Budgets
		b.Set(1 << 20)
		if err := write(t.Context(), spool.New(&b, -1, 1000), strings.Repeat("x", 10_000), 100); !errors.Is(err, spool.ErrAbandoned) {
			t.Errorf("got %v", err)
		}
		if s := spool.New(&b, 1000, 999); s != nil {
			t.Error("a body that is too long is kept")
		}
	})
}

// TestMoreThanAnnounced: a body is never longer than its length.
func TestMoreThanAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b spool.Budgets
		b.Set(1 << 20)
		if err := write(t.Context(), spool.New(&b, 10, 1000), "0123456789a", 11); err == nil {
			t.Error("it is")
		}
	})
}
