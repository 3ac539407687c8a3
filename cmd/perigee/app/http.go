package app

import (
	"log/slog"

	"perigee/cache"
	"perigee/config"
	"perigee/proxy/httpcache"
)

// newHTTP makes the proxy of profile http. What decides there is the headers of
// upstream, so that most settings have no say.
func newHTTP(c *config.Config, store cache.Tier, o httpcache.Observer, log *slog.Logger) (*httpcache.Handler, error) {
	return httpcache.New(httpcache.Options{
		UpstreamURL: c.UpstreamURL, Store: store, StaleIfError: c.StaleIfError,
		Timeout: c.UpstreamTimeout, MaxBody: int64(c.MaxBody), MaxUnderway: max(int64(c.CacheSize)/4, 2*int64(c.MaxBody)),
		KeepLinks: c.Links == config.LinksKeep, PublicURL: c.PublicURL, Observer: o, Logger: log,
	})
}
