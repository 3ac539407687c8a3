package config

import "fmt"

// checkTogether applies the rules about several settings, and those about one that
// no tag can state.
func (c *Config) checkTogether(found *findings) {
	if found.valid("PERIGEE_UPSTREAM_URL") && c.UpstreamURL.Path != "" {
		found.add("PERIGEE_UPSTREAM_URL", "has a path")
	}
	if found.valid("PERIGEE_LISTEN", "PERIGEE_ADMIN_LISTEN") && c.AdminListen.collides(c.Listen) {
		found.add("PERIGEE_ADMIN_LISTEN", fmt.Sprintf("takes the port of PERIGEE_LISTEN=%s", c.Listen))
	}
	if found.valid("PERIGEE_PROFILE", "PERIGEE_VALKEY_URL") && c.Profile == ProfileHTTP && c.ValkeyURL.IsSet() {
		found.add("PERIGEE_VALKEY_URL", "is not for PERIGEE_PROFILE=http, which shares nothing")
	}
	if found.valid("PERIGEE_PROFILE", "PERIGEE_OFFLINE") && c.Profile == ProfileHTTP && c.Offline {
		found.add("PERIGEE_OFFLINE", "has nothing to serve with PERIGEE_PROFILE=http, whose cache does not survive a restart")
	}
	if found.valid("PERIGEE_TTL", "PERIGEE_TTL_FLOOR") && c.TTLFloor > c.TTL {
		found.add("PERIGEE_TTL_FLOOR", fmt.Sprintf("is longer than PERIGEE_TTL=%s", showDuration(c.TTL)))
	}
	if found.valid("PERIGEE_CLIENT_KEYS") && c.ClientKeys == KeysRequired && c.ClientKeysFile == "" {
		found.add("PERIGEE_CLIENT_KEYS", "names no file of keys")
	}
}

// warnings are about settings that are valid alone but odd together. Fields
// whose setting is at fault may be zero.
func (c *Config) warnings() []Warning {
	var warnings []Warning
	if u := c.UpstreamURL; u != nil && u.Scheme == "http" && c.UpstreamToken.IsSet() && !isLoopback(u.Hostname()) {
		warnings = append(warnings, Warning{"PERIGEE_UPSTREAM_TOKEN", "is sent unencrypted, since PERIGEE_UPSTREAM_URL is http"})
	}
	if c.PublicURL != nil && c.Links == LinksKeep {
		warnings = append(warnings, Warning{"PERIGEE_PUBLIC_URL", "has no effect, since PERIGEE_LINKS is keep"})
	}
	if c.Offline && c.DataDir == DataDirOff {
		warnings = append(warnings, Warning{"PERIGEE_OFFLINE", "leaves nothing to serve, since PERIGEE_DATA_DIR is off"})
	}
	return warnings
}
