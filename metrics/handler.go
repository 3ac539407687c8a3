package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler serves what g gathers, as OpenMetrics or as Prometheus text, whichever
// the scraper prefers. Scrapes at the same time share one gathering.
//
// A collector that fails takes only its own metrics away: a proxy in trouble is
// when the others are needed, and a failed scrape would read as a dead instance.
func Handler(g prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(g, promhttp.HandlerOpts{
		EnableOpenMetrics: true,
		CoalesceGather:    true,
		ErrorHandling:     promhttp.ContinueOnError,
	})
}
