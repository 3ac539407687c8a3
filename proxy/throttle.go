package proxy

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"perigee/proxy/quota"
	"perigee/proxy/respond"
)

// reportTimeout bounds one request for the throttle report.
const reportTimeout = 5 * time.Second

// reporter keeps the gate informed of what upstream has counted. The report is
// free of charge; when to ask for one is the gate's to say.
type reporter struct {
	upstream Upstream
	gate     *quota.Gate
	observer Observer
	log      *slog.Logger

	life context.Context
	end  context.CancelFunc
	done sync.WaitGroup
}

func newReporter(o Options) *reporter {
	r := &reporter{upstream: o.Upstream, gate: o.Gate, observer: o.Observer, log: o.Logger}
	r.life, r.end = context.WithCancel(context.Background())
	return r
}

// start starts the worker. Without it no report is asked for.
func (r *reporter) start() { r.done.Go(r.work) }

// close ends the worker and waits for it.
func (r *reporter) close() {
	r.end()
	r.done.Wait()
}

func (r *reporter) work() {
	silent := false // whether the last one failed, so that it is logged once
	for r.gate.AwaitReport(r.life) == nil {
		err := r.ask()
		if err != nil && !silent && r.life.Err() == nil {
			r.log.Warn("no throttle report from upstream: what others spend is not known", "error", err)
		}
		silent = err != nil
	}
}

func (r *reporter) ask() error {
	ctx, cancel := context.WithTimeout(r.life, reportTimeout)
	defer cancel()
	asked := time.Now()
	report, err := r.upstream.Throttle(ctx)
	if err != nil {
		r.gate.ReportFailed()
		r.observer.ThrottleReportFailed()
		return err
	}
	r.gate.Learn(report, asked, time.Now())
	return nil
}

// throttleBody is the report in upstream's form.
type throttleBody struct {
	Limit  int    `json:"your_request_limit"`
	Period int64  `json:"limit_frequency_secs"`
	Used   int    `json:"current_use"`
	Next   int64  `json:"next_use_secs"`
	Ident  string `json:"ident"`
}

// serveThrottle answers /api-throttle/ of any version from the proxy's own
// ledger: the shared quota as this client sees it, and as ident the client's own
// name or address. Upstream's answer is never relayed: its ident can be the
// secret key.
func (h *Handler) serveThrottle(x *exchange) {
	client := h.client(x)
	view := h.options.Gate.View(client, time.Now())
	body, err := json.Marshal(throttleBody{
		Limit: view.Limit, Period: int64(view.Period / time.Second), Used: view.Used,
		Next: int64((view.Next + time.Second - 1) / time.Second), Ident: client,
	})
	if err != nil {
		panic(err) // numbers and a string always marshal
	}
	header := x.Header()
	x.settle(header, respond.Handling{Outcome: respond.Local, Detail: "throttle-report"})
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("Allow", allowed)
	x.Send(200, body)
}
