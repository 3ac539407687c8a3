package valkey

import (
	"context"
	"crypto/tls"
	"sync"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Connections to one server. A call takes far less than a millisecond, so a few
// serve very many.
const poolSize = 8

// slack is how much longer the library's own timeouts are than ours: as much as
// the deadline of a call may be. They decide when the library does something of
// its own accord, as to renew a subscription, which Close waits for.
const slack = maxGrowth

// connect returns a client of the library, which dials when it is first used.
//
// Its retries are off, all of them: a call that was sent and not answered may
// have been done. Only that a node of a Cluster names another one for a key is
// followed, since it has done nothing then.
func connect(p place, o Options) redis.UniversalClient {
	silence()
	if o.Password != "" {
		p.password = o.Password
	}
	var secure *tls.Config
	if p.tls {
		// The name to verify is that of each address.
		secure = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.CA}
	}
	switch p.form {
	case cluster:
		return redis.NewClusterClient(clusterOptions(p, o, secure))
	case sentinel:
		return redis.NewFailoverClient(sentinelOptions(p, o, secure))
	}
	return redis.NewClient(singleOptions(p, o, secure))
}

func singleOptions(p place, o Options, secure *tls.Config) *redis.Options {
	return &redis.Options{
		Network: p.network, Addr: p.addrs[0], DB: p.db,
		Username: p.user, Password: p.password, TLSConfig: secure,
		Protocol: 2, DisableIdentity: true, MaintNotificationsConfig: noNotices(),
		MaxRetries: -1, DialerRetries: 1,
		ContextTimeoutEnabled: true,
		DialTimeout:           o.Timeout, ReadTimeout: o.Timeout + slack, WriteTimeout: o.Timeout + slack,
		PoolSize: poolSize, PoolTimeout: o.Timeout / 2, PipelinePoolSize: -1,
	}
}

func clusterOptions(p place, o Options, secure *tls.Config) *redis.ClusterOptions {
	return &redis.ClusterOptions{
		Addrs:    p.addrs,
		Username: p.user, Password: p.password, TLSConfig: secure,
		Protocol: 2, DisableIdentity: true, MaintNotificationsConfig: noNotices(),
		MaxRetries: -1, DialerRetries: 1,
		MaxRedirects: 2, DisableRoutingPolicies: true, // see once
		ContextTimeoutEnabled: true,
		DialTimeout:           o.Timeout, ReadTimeout: o.Timeout + slack, WriteTimeout: o.Timeout + slack,
		PoolSize: poolSize, PoolTimeout: o.Timeout / 2, PipelinePoolSize: -1,
	}
}

func sentinelOptions(p place, o Options, secure *tls.Config) *redis.FailoverOptions {
	return &redis.FailoverOptions{
		MasterName: p.master, SentinelAddrs: p.addrs,
		SentinelUsername: p.sentinelUser, SentinelPassword: p.sentinelPassword,
		Username: p.user, Password: p.password, DB: p.db, TLSConfig: secure,
		Protocol: 2, DisableIdentity: true,
		MaxRetries: -1, DialerRetries: 1,
		ContextTimeoutEnabled: true,
		DialTimeout:           o.Timeout, ReadTimeout: o.Timeout + slack, WriteTimeout: o.Timeout + slack,
		PoolSize: poolSize, PoolTimeout: o.Timeout / 2, PipelinePoolSize: -1,
	}
}

// noNotices keeps the library from asking for notices that most servers do not
// know.
func noNotices() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

// once is a command that the client for Clusters does not send again when the
// connection fails. It asks NoRetry of each command for that.
type once struct{ *redis.Cmd }

// NoRetry is part of redis.Cmder.
func (once) NoRetry() bool { return true }

// scripter runs scripts by commands that are sent once.
type scripter struct{ redis.UniversalClient }

// Eval is part of redis.Scripter.
func (s scripter) Eval(ctx context.Context, script string, keys []string, args ...any) *redis.Cmd {
	return s.eval(ctx, "eval", script, keys, args)
}

// EvalSha is part of redis.Scripter.
func (s scripter) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	return s.eval(ctx, "evalsha", sha, keys, args)
}

func (s scripter) eval(ctx context.Context, name, script string, keys []string, args []any) *redis.Cmd {
	all := make([]any, 0, 3+len(keys)+len(args))
	all = append(all, name, script, len(keys))
	for _, key := range keys {
		all = append(all, key)
	}
	cmd := redis.NewCmd(ctx, append(all, args...)...)
	cmd.SetFirstKeyPos(3)
	_ = s.Process(ctx, once{cmd}) // the command keeps it
	return cmd
}

// silence has the library say nothing by itself: it logs for the whole process,
// on standard error, what its errors say too.
var silence = sync.OnceFunc(func() { redis.SetLogger(quiet{}) })

type quiet struct{}

// Printf drops it.
func (quiet) Printf(context.Context, string, ...any) {}
