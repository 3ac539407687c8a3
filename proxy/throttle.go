package proxy

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"perigee/proxy/quota"
)

// How often upstream is asked what is spent. The report is free of charge, but
// each one is a request all the same.
const (
	reportTimeout  = 5 * time.Second
	reportOldest   = 10 * time.Second // a client is answered from a report of at most this age
	reportInterval = 10 * time.Second // the worker asks no more often
	reportPause    = time.Second      // nobody asks again sooner after a failure
)

// throttleDesk keeps upstream's report of the quota: for the metrics, and for
// clients that ask /api-throttle/. Upstream's own answer is never relayed: what
// it calls ident can be the secret key.
type throttleDesk struct {
	upstream Upstream
	observer Observer
	log      *slog.Logger
	group    singleflight.Group
	spending chan struct{} // holds a token when something was spent since the last report

	life context.Context
	end  context.CancelFunc
	done sync.WaitGroup

	mu      sync.Mutex // guards the fields below
	report  quota.Report
	at      time.Time // when the report was made; zero: there is none
	spentAt time.Time // when something was spent last
	failure error     // of the last try, if it was not followed by a report
	failed  time.Time // when that was
}

func newThrottleDesk(up Upstream, o Observer, log *slog.Logger) *throttleDesk {
	d := &throttleDesk{upstream: up, observer: o, log: log, spending: make(chan struct{}, 1)}
	d.life, d.end = context.WithCancel(context.Background())
	d.done.Go(d.work)
	return d
}

// close ends the worker and waits for it.
func (d *throttleDesk) close() {
	d.end()
	d.done.Wait()
}

// spent tells the desk that something was asked of upstream. It never blocks.
func (d *throttleDesk) spent() {
	d.mu.Lock()
	d.spentAt = time.Now()
	d.mu.Unlock()
	select {
	case d.spending <- struct{}{}:
	default:
	}
}

// work asks for a report at the start and whenever something was spent, at most
// once an interval.
func (d *throttleDesk) work() {
	for {
		if _, _, err := d.ask(d.life); err != nil && d.life.Err() == nil {
			d.log.Warn("no throttle report from upstream", "error", err)
		}
		select {
		case <-time.After(reportInterval):
		case <-d.life.Done():
			return
		}
		select {
		case <-d.spending:
		case <-d.life.Done():
			return
		}
	}
}

// current returns a report young enough to answer a client with, asking for one
// if need be. If that fails the last one will do.
func (d *throttleDesk) current(ctx context.Context) (quota.Report, time.Time, error) {
	report, at, err := d.held(time.Now())
	if at.IsZero() && err == nil {
		report, at, err = d.ask(ctx)
	}
	if err == nil {
		return report, at, nil
	}
	if report, at := d.last(); !at.IsZero() {
		return report, at, nil
	}
	return quota.Report{}, time.Time{}, err
}

// held returns the report if it says how things stand now: it is not old, and
// nothing was spent since. It returns the error of a try that failed just now,
// and neither when it is time to ask. So clients cause at most one request for
// each one spent and each reportOldest.
func (d *throttleDesk) held(now time.Time) (quota.Report, time.Time, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.failure != nil && now.Sub(d.failed) < reportPause:
		return quota.Report{}, time.Time{}, d.failure
	case now.Sub(d.at) <= reportOldest && d.spentAt.Before(d.at):
		return d.report, d.at, nil
	}
	return quota.Report{}, time.Time{}, nil
}

func (d *throttleDesk) last() (quota.Report, time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.report, d.at
}

// ask has one report fetched for all who ask at the same time.
func (d *throttleDesk) ask(ctx context.Context) (quota.Report, time.Time, error) {
	asked := d.group.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(d.life, reportTimeout)
		defer cancel()
		report, err := d.upstream.Throttle(ctx)
		if err != nil {
			d.fail(err, time.Now())
			return nil, err
		}
		d.keep(report, time.Now())
		return nil, nil
	})
	select {
	case r := <-asked:
		report, at := d.last()
		return report, at, r.Err
	case <-ctx.Done():
		return quota.Report{}, time.Time{}, ctx.Err()
	}
}

func (d *throttleDesk) keep(report quota.Report, at time.Time) {
	d.mu.Lock()
	d.report, d.at, d.failure = report, at, nil
	d.mu.Unlock()
	d.observer.SetQuota(report.Limit, report.Used, report.Period, report.Next, at)
}

func (d *throttleDesk) fail(err error, at time.Time) {
	d.mu.Lock()
	d.failure, d.failed = err, at
	d.mu.Unlock()
	d.observer.ThrottleReportFailed()
}

// throttleBody is the report in upstream's form.
type throttleBody struct {
	Limit  int    `json:"your_request_limit"`
	Period int64  `json:"limit_frequency_secs"`
	Used   int    `json:"current_use"`
	Next   int64  `json:"next_use_secs"`
	Ident  string `json:"ident"`
}

// serveThrottle answers /api-throttle/ of any version: the shared quota, and
// under ident the client's own address.
func (h *Handler) serveThrottle(x *exchange) {
	report, at, err := h.desk.current(x.r.Context())
	if err != nil {
		if x.r.Context().Err() != nil {
			return
		}
		x.writeProblem(problemOf(err))
		return
	}
	next := max(report.Next-time.Since(at), 0)
	body, err := json.Marshal(throttleBody{
		Limit: report.Limit, Period: int64(report.Period / time.Second), Used: report.Used,
		Next: int64((next + time.Second - 1) / time.Second), Ident: h.addressing.client(x.r),
	})
	if err != nil {
		panic(err) // numbers and a string always marshal
	}
	header := x.w.Header()
	x.settle(header, verdict{outcome: Local, detail: "throttle-report"})
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("Allow", allowed)
	x.write(200, body)
}
