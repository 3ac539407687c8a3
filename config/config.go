// Package config reads Perigee's settings from the environment, validates them
// and describes them. Every setting is optional; one that is set but empty has
// its default. Everything that is wrong is reported at once, and no secret is
// ever part of a report.
//
// The Config struct is the only list of settings there is: the table in the
// README, the output of `perigee check` and the error messages come from it.
package config

import (
	"crypto/x509"
	"net/url"
	"time"
)

// Config holds one field per setting. The tags are for the operator: env is the
// name, envDefault the default, and desc the meaning. min and max bound a number,
// a size or a duration, and oneof lists the choices of a name; allowed says in
// words what else a value must be, and if there is none it is made from those.
// secret and path say how the value may be shown. The comments are for those who
// use the field.
//
// A Config shows itself in logs (slog.LogValuer) and in Dump without secrets.
type Config struct {
	// Profile is ProfileLL2 or ProfileHTTP. In the latter, the token, the TTLs, StaleWhileRevalidate, UnknownParams, CORSOrigins and
	// TrustedProxies have no meaning, and ValkeyURL is unset.
	Profile string `env:"PERIGEE_PROFILE" envDefault:"ll2" oneof:"ll2,http" desc:"What the cache goes by: what is known of Launch Library 2, or the rules of HTTP alone, for any upstream."`

	// UpstreamURL has a scheme (http or https) and a host with an optional
	// port, both in lower case, and nothing else. Never nil.
	UpstreamURL *url.URL `env:"PERIGEE_UPSTREAM_URL" envDefault:"https://ll.thespacedevs.com" allowed:"an http or https URL of a host alone" desc:"Launch Library 2, or what stands in for it."`

	// UpstreamToken is the token alone, visible ASCII; also if it came from
	// UpstreamTokenFile. Unset: upstream requests are anonymous.
	UpstreamToken Secret `env:"PERIGEE_UPSTREAM_TOKEN" secret:"true" allowed:"the token alone, of visible ASCII characters" desc:"API key, sent upstream as Authorization: Token …. It is never shown or logged."`

	// UpstreamTokenFile is where UpstreamToken came from; "" if not from a file.
	UpstreamTokenFile string `env:"PERIGEE_UPSTREAM_TOKEN_FILE" path:"true" allowed:"a readable file that holds the token alone" desc:"File that holds the API key, in place of PERIGEE_UPSTREAM_TOKEN."`

	// Listen is fit for net.Listen; port 0 is any free one.
	Listen Address `env:"PERIGEE_LISTEN" envDefault:":8080" allowed:"host:port or :port" desc:"Address that apps connect to."`

	// AdminListen is fit for net.Listen and never the same as Listen.
	AdminListen Address `env:"PERIGEE_ADMIN_LISTEN" envDefault:"127.0.0.1:8081" allowed:"host:port or :port, other than PERIGEE_LISTEN" desc:"Address of /metrics, /livez, /readyz and /purge. Do not expose it to the public."`

	// AdminHosts is "*" alone, or a list in lower case.
	AdminHosts Hosts `env:"PERIGEE_ADMIN_HOSTS" allowed:"a comma list of host names and addresses without ports, or *" desc:"Names by which the admin listener may be asked, beside its own addresses and localhost: others are refused, since a web page can have any name lead here. * is any."`

	// MaxConnections is 8 to 1048576.
	MaxConnections int `env:"PERIGEE_MAX_CONNECTIONS" envDefault:"4096" min:"8" max:"1048576" desc:"How many connections apps may have open at once. For more, those are closed that have no request under way. The limit of open files may allow fewer."`

	// ShutdownDelay is 0 for at once.
	ShutdownDelay time.Duration `env:"PERIGEE_SHUTDOWN_DELAY" envDefault:"2s" allowed:"a duration; 0 is at once" desc:"How long requests are still taken after SIGTERM, while /readyz says no and every answer ends its connection, so that load balancers and clients go elsewhere."`

	// PublicURL is nil if unset. It may have a path, which never ends in a slash.
	PublicURL *url.URL `env:"PERIGEE_PUBLIC_URL" allowed:"an http or https URL without a query" desc:"Base of the links in answers. Unset: the scheme and host that the client used."`

	// Links is LinksRewrite or LinksKeep.
	Links string `env:"PERIGEE_LINKS" envDefault:"rewrite" oneof:"rewrite,keep" desc:"Whether the links in answers lead back to the proxy, or stay as upstream wrote them."`

	// TrustedProxies are masked, and IPv4 ones are never in IPv6 form.
	TrustedProxies Prefixes `env:"PERIGEE_TRUSTED_PROXIES" allowed:"a comma list of CIDR prefixes and addresses" desc:"Peers whose X-Forwarded-For, -Host and -Proto are trusted."`

	// CacheSize is at least 1 MiB.
	CacheSize Size `env:"PERIGEE_CACHE_SIZE" envDefault:"256MiB" min:"1MiB" desc:"Memory for cached answers."`

	// DataDir is a folder, or DataDirOff.
	DataDir string `env:"PERIGEE_DATA_DIR" path:"true" allowed:"a folder, or off" desc:"Where cached answers, and the record of the quota, survive a restart. Unset: perigee in the user's cache folder."`

	// DataSize is at least 1 MiB.
	DataSize Size `env:"PERIGEE_DATA_SIZE" envDefault:"1GiB" min:"1MiB" desc:"Disk space for cached answers. The least valuable are evicted."`

	// ValkeyURL may hold passwords: see its type. Unset: there is no server.
	ValkeyURL ValkeyURL `env:"PERIGEE_VALKEY_URL" secret:"true" allowed:"a redis, rediss or unix URL, with addr= for each further node of a Cluster or, with master_name=, each further Sentinel; in profile ll2 alone" desc:"Valkey or Redis server through which replicas share pages, fetches and the quota. Unset: this replica is alone."`

	// ValkeyPasswordFile is where ValkeyPassword came from; "" if there is none.
	ValkeyPasswordFile string `env:"PERIGEE_VALKEY_PASSWORD_FILE" path:"true" allowed:"a readable file that holds the password alone" desc:"File that holds the server's password, in place of one in PERIGEE_VALKEY_URL."`

	// ValkeyPassword is what ValkeyPasswordFile held when the settings were loaded.
	ValkeyPassword Secret `env:"-"`

	// ValkeyCAFile is where ValkeyCAs came from; "" if unset. It is set only with a
	// ValkeyURL that is rediss.
	ValkeyCAFile string `env:"PERIGEE_VALKEY_CA_FILE" path:"true" allowed:"a readable file of certificates in PEM, with a rediss URL" desc:"Certificate authorities that may vouch for the server. Unset: those of the system."`

	// ValkeyCAs are the certificates that ValkeyCAFile held when the settings were
	// loaded; nil if unset.
	ValkeyCAs *x509.CertPool `env:"-"`

	// ValkeyTimeout is 10 ms to 5 s.
	ValkeyTimeout time.Duration `env:"PERIGEE_VALKEY_TIMEOUT" envDefault:"250ms" min:"10ms" max:"5s" desc:"How long one call to the server may take. After one that takes longer, this replica goes on by itself until the server answers again."`

	// Offline is false in profile http.
	Offline bool `env:"PERIGEE_OFFLINE" envDefault:"false" allowed:"true or false" desc:"Whether nothing is ever sent upstream: what is cached is served however old it is, and everything else is refused. In profile ll2 alone."`

	// TTL is at least a second.
	TTL time.Duration `env:"PERIGEE_TTL" envDefault:"1h" min:"1s" desc:"How long an answer is fresh."`

	// TTLRules are in the order to try them in.
	TTLRules TTLRules `env:"PERIGEE_TTL_RULES" envDefault:"/2.*/config/*=24h,/2.*/launch*/upcoming/*=15m,/2.*/event*/upcoming/*=15m" allowed:"a comma list of pattern=duration, each pattern beginning with / or * and each duration from 1s, or off" desc:"Other times for some paths. The first pattern that matches the whole path decides; * matches any run of characters, slashes too."`

	// TTLFloor is at most TTL. A rule's time may be shorter.
	TTLFloor time.Duration `env:"PERIGEE_TTL_FLOOR" envDefault:"1m" allowed:"a duration, at most PERIGEE_TTL" desc:"Upstream's own headers may make an answer fresh for less time, but not for less than this."`

	// StaleWhileRevalidate counts from the end of freshness; 0 turns it off.
	StaleWhileRevalidate time.Duration `env:"PERIGEE_STALE_WHILE_REVALIDATE" envDefault:"1h" allowed:"a duration; 0 is off" desc:"How long past its freshness an answer is still served at once, while it is refreshed."`

	// StaleIfError counts from the end of freshness; 0 turns it off.
	StaleIfError time.Duration `env:"PERIGEE_STALE_IF_ERROR" envDefault:"7d" allowed:"a duration; 0 is off" desc:"How long past its freshness an answer is served when upstream fails or refuses."`

	// ReloadInterval is 0 for as often as clients like.
	ReloadInterval time.Duration `env:"PERIGEE_RELOAD_INTERVAL" envDefault:"1m" allowed:"a duration; 0 is as often as clients like" desc:"Shortest time between two fetches of one answer that clients cause by insisting on a newer one (Cache-Control: no-cache, max-age and the like)."`

	// Quota is asked of upstream if its Limit is 0 and it is not Off.
	Quota Quota `env:"PERIGEE_QUOTA" envDefault:"auto" allowed:"auto, requests/period such as 15/1h, or off" desc:"How many requests upstream allows in a sliding period. auto asks upstream, which is free, and assumes 15/1h until it knows."`

	// QuotaReserve is 0 to 65536.
	QuotaReserve int `env:"PERIGEE_QUOTA_RESERVE" envDefault:"1" min:"0" max:"65536" desc:"Requests of the quota that are kept for clients that have spent nothing and wait for a page that is not cached."`

	// QuotaWait is 0 for not at all.
	QuotaWait time.Duration `env:"PERIGEE_QUOTA_WAIT" envDefault:"8s" allowed:"a duration; 0 is not at all" desc:"How long a client waits at most for a request of the quota when it is spent and nothing is cached."`

	// RateLimitHeaders is whether answers carry RateLimit and RateLimit-Policy.
	RateLimitHeaders Switch `env:"PERIGEE_RATELIMIT_HEADERS" envDefault:"on" allowed:"on or off" desc:"Whether answers carry the quota in RateLimit and RateLimit-Policy."`

	// ClientKeysFile is "" if there are no named clients.
	ClientKeysFile string `env:"PERIGEE_CLIENT_KEYS_FILE" path:"true" allowed:"a readable file of lines: a name and the SHA-256 of its key in hexadecimal" desc:"Clients that are told apart by name: they send Authorization: Token KEY. All others are told apart by address. Read again on SIGHUP."`

	// ClientKeys is KeysOptional, or KeysRequired if there is a ClientKeysFile.
	ClientKeys string `env:"PERIGEE_CLIENT_KEYS" envDefault:"optional" oneof:"optional,required" allowed:"optional, or required with PERIGEE_CLIENT_KEYS_FILE" desc:"Whether clients without a known key are served."`

	// Window is how many elements of a list are fetched at once; 0 is off.
	Window Window `env:"PERIGEE_WINDOW" envDefault:"100" allowed:"a number from 10 to 100, or off" desc:"How many elements of a list are fetched at once. Smaller pages are cut from them, byte for byte. off fetches pages as clients ask for them."`

	// WindowDetailed is Window for lists with mode=detailed.
	WindowDetailed Window `env:"PERIGEE_WINDOW_DETAILED" envDefault:"100" allowed:"a number from 10 to 100, or off" desc:"The same for mode=detailed, whose elements are large: 100 launches are about 4 MB."`

	// MoveTimeBounds is whether bounds near the present second are moved.
	MoveTimeBounds Switch `env:"PERIGEE_MOVE_TIME_BOUNDS" envDefault:"on" allowed:"on or off" desc:"Whether polls that filter by the present second, as net__gte=<now>, share one answer for each freshness interval."`

	// UnknownParams is UnknownDrop or UnknownKeep.
	UnknownParams string `env:"PERIGEE_UNKNOWN_PARAMS" envDefault:"drop" oneof:"drop,keep" desc:"Whether query parameters that the endpoint does not know are dropped. Upstream ignores them; kept ones make requests differ."`

	// CORSOrigins is "*" alone, or a list of origins, or empty for off.
	CORSOrigins Origins `env:"PERIGEE_CORS_ORIGINS" envDefault:"*" allowed:"*, or a comma list of origins such as https://example.org, or off" desc:"Web origins whose scripts may read answers."`

	// UpstreamTimeout is at least a millisecond.
	UpstreamTimeout time.Duration `env:"PERIGEE_UPSTREAM_TIMEOUT" envDefault:"20s" min:"1ms" desc:"How long one upstream request may take, from dialling to its last byte. In profile http: until the answer begins, and each silence within a body that may be stored."`

	// MaxBody is 64 KiB to 1 GiB.
	MaxBody Size `env:"PERIGEE_MAX_BODY" envDefault:"32MiB" min:"64KiB" max:"1GiB" desc:"Longest body that is accepted from upstream."`

	// LogLevel is one of LogDebug, LogInfo, LogWarn and LogError.
	LogLevel LogLevel `env:"PERIGEE_LOG_LEVEL" envDefault:"info" oneof:"debug,info,warn,error" desc:"The lowest level that is logged. Access records are info."`

	// LogFormat is LogText or LogJSON.
	LogFormat string `env:"PERIGEE_LOG_FORMAT" envDefault:"text" oneof:"text,json" desc:"How it is logged, on standard error."`
}

// The choices of the settings that have a few.
const (
	ProfileLL2  = "ll2"  // caching goes by the settings and by what is known of Launch Library 2
	ProfileHTTP = "http" // caching goes by the rules of HTTP alone, for any upstream

	LinksRewrite = "rewrite" // links lead back to the proxy
	LinksKeep    = "keep"    // links stay as upstream wrote them

	UnknownDrop = "drop" // unknown parameters are no part of the request
	UnknownKeep = "keep" // they are, as everything else

	KeysOptional = "optional" // clients without a key are told apart by address
	KeysRequired = "required" // they are refused

	LogText = "text" // key=value
	LogJSON = "json" // one object a line

	DataDirOff = "off" // the DataDir of those who want none
)
