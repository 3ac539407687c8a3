package fetch

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"perigee/proxy/quota"
)

// reportTimeout bounds one request for the throttle report.
const reportTimeout = 5 * time.Second

// Reporter keeps the quota informed of what upstream has counted. The report is
// free of charge; when to ask for one is the gate's to say.
type Reporter struct {
	upstream Upstream
	gate     *quota.Gate
	observer Observer
	log      *slog.Logger

	life context.Context
	end  context.CancelFunc
	done sync.WaitGroup
}

// StartReporter starts one, with the Upstream, Gate, Observer and Logger of o.
func StartReporter(o Options) *Reporter {
	r := &Reporter{upstream: o.Upstream, gate: o.Gate, observer: o.Observer, log: o.Logger}
	r.life, r.end = context.WithCancel(context.Background())
	r.done.Go(r.work)
	return r
}

// Close ends it and waits for that.
func (r *Reporter) Close() {
	r.end()
	r.done.Wait()
}

func (r *Reporter) work() {
	failing := false // so that it is logged once
	for r.gate.AwaitReport(r.life) == nil {
		err := r.ask()
		if err != nil && !failing && r.life.Err() == nil {
			r.log.Warn("no throttle report from upstream: what others spend is not known", "error", err)
		}
		failing = err != nil
	}
}

func (r *Reporter) ask() error {
	ctx, cancel := context.WithTimeout(r.life, reportTimeout)
	defer cancel()
	asked := time.Now()
	var report quota.Report
	body, err := r.upstream.Throttle(ctx)
	if err == nil {
		report, err = quota.ParseReport(body)
	}
	if err != nil {
		r.gate.ReportFailed()
		r.observer.ThrottleReportFailed()
		return err
	}
	r.gate.Learn(report, asked, time.Now())
	return nil
}
