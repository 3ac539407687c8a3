package config

import (
	"fmt"
	"time"
)

// Bounds of the settings; the allowed tags of Config state them in words.
const (
	minCacheSize       Size = 1 * mib
	minMaxBody         Size = 64 * kib
	maxMaxBody         Size = 1 * gib
	minTTL                  = Duration(time.Second)
	minUpstreamTimeout      = Duration(time.Millisecond)
)

// validate applies the rules that a value's form alone cannot break: ranges,
// and settings that contradict each other.
func (c *Config) validate(found *findings) {
	if found.sound("PERIGEE_UPSTREAM_URL") && c.UpstreamURL.Path != "" {
		found.add("PERIGEE_UPSTREAM_URL", "has a path")
	}
	if found.sound("PERIGEE_LISTEN", "PERIGEE_ADMIN_LISTEN") && c.AdminListen.collides(c.Listen) {
		found.add("PERIGEE_ADMIN_LISTEN", fmt.Sprintf("takes the port of PERIGEE_LISTEN=%s", c.Listen))
	}
	if found.sound("PERIGEE_PROFILE", "PERIGEE_OFFLINE") && c.Profile == ProfileHTTP && bool(c.Offline) {
		found.add("PERIGEE_OFFLINE", "has nothing to serve with PERIGEE_PROFILE=http, which holds nothing over a restart")
	}
	atLeast(found, "PERIGEE_CACHE_SIZE", c.CacheSize, minCacheSize, "is smaller than")
	atLeast(found, "PERIGEE_DATA_SIZE", c.DataSize, minCacheSize, "is smaller than")
	atLeast(found, "PERIGEE_MAX_BODY", c.MaxBody, minMaxBody, "is smaller than")
	if found.sound("PERIGEE_MAX_BODY") && c.MaxBody > maxMaxBody {
		found.add("PERIGEE_MAX_BODY", fmt.Sprintf("is larger than %s", maxMaxBody))
	}
	atLeast(found, "PERIGEE_TTL", c.TTL, minTTL, "is shorter than")
	if found.sound("PERIGEE_TTL", "PERIGEE_TTL_FLOOR") && c.TTLFloor > c.TTL {
		found.add("PERIGEE_TTL_FLOOR", fmt.Sprintf("is longer than PERIGEE_TTL=%s", c.TTL))
	}
	if found.sound("PERIGEE_QUOTA_RESERVE") && (c.QuotaReserve < 0 || c.QuotaReserve > maxQuota) {
		found.add("PERIGEE_QUOTA_RESERVE", "is not from 0 to 65536")
	}
	if found.sound("PERIGEE_CLIENT_KEYS") && c.ClientKeys == KeysRequired && c.ClientKeysFile == "" {
		found.add("PERIGEE_CLIENT_KEYS", "names no file of keys")
	}
	atLeast(found, "PERIGEE_UPSTREAM_TIMEOUT", c.UpstreamTimeout, minUpstreamTimeout, "is shorter than")
}

// bounded are the types of settings that have a least value.
type bounded interface {
	~int64
	fmt.Stringer
}

func atLeast[T bounded](found *findings, variable string, value, least T, problem string) {
	if found.sound(variable) && value < least {
		found.add(variable, problem+" "+least.String())
	}
}
