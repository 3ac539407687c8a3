package quota

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// worker asks for reports as often as the gate wants them, and notes when.
func worker(ctx context.Context, g *Gate, read func() (Report, bool)) func() []time.Duration {
	var asked []time.Duration
	begin, done := time.Now(), make(chan struct{})
	go func() {
		defer close(done)
		for g.AwaitReport(ctx) == nil {
			at := time.Now()
			asked = append(asked, at.Sub(begin))
			if r, ok := read(); ok {
				g.Learn(r, at, time.Now())
			} else {
				g.ReportFailed()
			}
		}
	}()
	return func() []time.Duration { <-done; return asked }
}

func TestReportsAreAskedFor(t *testing.T) {
	const second, minute = time.Second, time.Minute
	calm := Report{Limit: 15, Period: time.Hour}
	for _, tt := range []struct {
		name  string
		limit int
		fetch []time.Duration // when a page is wanted
		fails bool
		want  []time.Duration
	}{
		{name: "at the start, and no more while nothing is wanted", want: []time.Duration{0}},
		{name: "while requests are spent", fetch: []time.Duration{10 * second, 70 * second},
			want: []time.Duration{0, 50 * second, 100 * second}},
		{name: "before the first request after a pause", fetch: []time.Duration{10 * minute},
			want: []time.Duration{0, 10 * minute, 10*minute + 50*second}},
		{name: "less and less often if none comes", fails: true,
			want: []time.Duration{0, 20 * second, 60 * second, 140 * second}},
		{name: "for a fixed limit too", limit: 15, want: []time.Duration{0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(t, Options{Limit: tt.limit, Period: time.Hour})
				ctx, cancel := context.WithCancel(t.Context())
				asked := worker(ctx, g, func() (Report, bool) { return calm, !tt.fails })
				begin := time.Now()
				for _, at := range tt.fetch {
					time.Sleep(at - time.Since(begin))
					if err := fetch(t, g, "a", Waiting, 8*second); err != nil {
						t.Error(err)
					}
				}
				time.Sleep(3*minute - 1)
				cancel()
				if got := asked(); !slices.Equal(got, tt.want) {
					t.Errorf("asked after %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// After a 429 nothing is sent until a report says what is spent.
func TestReportReopens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Options{})
		g.Learn(Report{Limit: 15, Period: time.Hour}, time.Now(), time.Now())
		d := g.NewFetchRequest()
		d.Join(Waiter{Client: "a"})
		grant, err := g.Acquire(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		grant.Sent()
		grant.Throttled(time.Now(), 20*time.Minute)
		got := refusal(t, fetch(t, g, "b", Waiting, 8*time.Second))
		if got.Reason != Closed || got.RetryAfter != 20*time.Minute {
			t.Errorf("refused with %+v, want %s for 20m", got, Closed)
		}
		time.Sleep(5 * time.Second)
		if err := g.AwaitReport(t.Context()); err != nil {
			t.Fatal(err)
		}
		g.Learn(Report{Limit: 15, Period: time.Hour, Used: 3}, time.Now(), time.Now())
		if err := fetch(t, g, "b", Waiting, 0); err != nil {
			t.Errorf("not reopened: %v", err)
		}
		if got := g.TopClients(3); len(got) != 1 || got[0].Client != "b" {
			t.Errorf("charged %v, want b alone: a got nothing", got)
		}
	})
}

func TestAwaitReportEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Options{Limit: 1, Period: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		g.Learn(Report{Limit: 1, Period: time.Hour}, time.Now(), time.Now())
		if err := g.AwaitReport(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}
