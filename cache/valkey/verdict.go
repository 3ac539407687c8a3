package valkey

import (
	"errors"

	"github.com/redis/go-redis/v9"
)

// verdict is what an error says about the server.
type verdict uint8

const (
	served   verdict = iota // it has done as asked, or has replied that it cannot be done
	gone                    // it cannot be reached, or cannot serve
	noRoom                  // it serves, but cannot take more
	crowded                 // it was not asked: all connections were in use
	declined                // it has replied with an error that is about the call
)

// verdictOn returns what an error of a call with a deadline says.
func verdictOn(err error) verdict {
	var reply redis.Error
	switch {
	case err == nil, errors.Is(err, redis.Nil):
		return served
	case errors.Is(err, redis.ErrPoolTimeout):
		return crowded
	case !errors.As(err, &reply):
		return gone // the connection, or the deadline
	case redis.IsOOMError(err):
		return noRoom
	case cannotServe(err):
		return gone
	}
	return declined
}

// cannotServe tells replies that any call would get.
func cannotServe(err error) bool {
	for _, is := range []func(error) bool{
		redis.IsLoadingError, redis.IsReadOnlyError, redis.IsMasterDownError, redis.IsClusterDownError,
		redis.IsAuthError, redis.IsPermissionError, redis.IsMaxClientsError, redis.IsNoReplicasError,
	} {
		if is(err) {
			return true
		}
	}
	for _, prefix := range []string{
		"BUSY",       // with a script that does not end
		"MISCONF",    // it cannot save, and takes no writes for that
		"UNKILLABLE", // as BUSY
	} {
		if redis.HasErrorPrefix(err, prefix) {
			return true
		}
	}
	return false
}
