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
func connect(s Server, o Options) redis.UniversalClient {
	silence()
	u := s.options
	if o.Password != "" {
		u.Password = o.Password
	}
	if s.tls {
		// The name to verify is that of each address.
		u.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.CA}
	}
	u.Protocol, u.DisableIdentity = 2, true
	// Notices that most servers do not know are not asked for.
	u.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	u.MaxRetries, u.DialerRetries, u.MaxRedirects = -1, 1, 2
	u.ContextTimeoutEnabled = true
	u.DialTimeout, u.ReadTimeout, u.WriteTimeout = o.Timeout, o.Timeout+slack, o.Timeout+slack
	u.PoolSize, u.PoolTimeout, u.PipelinePoolSize = poolSize, o.Timeout/2, -1
	switch {
	case u.MasterName != "":
		return redis.NewFailoverClient(u.Failover())
	case u.IsClusterMode:
		cluster := u.Cluster()
		cluster.DisableRoutingPolicies = true // see once
		return redis.NewClusterClient(cluster)
	}
	return redis.NewClient(u.Simple())
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
