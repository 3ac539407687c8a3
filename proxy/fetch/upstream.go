package fetch

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"perigee/cache"
	"perigee/cache/rfc9111"
	"perigee/proxy/ll2"
	"perigee/proxy/quota"
	"perigee/proxy/upstream"
)

// retryAfter is the least time between two tries to reach upstream, and half of
// the most.
const retryAfter = 150 * time.Millisecond

// ask spends the request, and stores what came back before anyone sees it.
func (f *Fetcher) ask(ctx context.Context, res *ll2.Resource, grant *quota.Grant, cached *cache.Entry) (*Result, error) {
	if err := f.breaker.admit(res.Key, time.Now()); err != nil {
		grant.Unused()
		return nil, err
	}
	told := false
	defer func() {
		if !told { // a panic
			f.breaker.unsent()
		}
	}()
	answer, err := f.get(ctx, res)
	settle(grant, res, answer, err)
	told = true
	if err != nil {
		f.failed(ctx, res, err)
		return nil, err
	}
	result := f.inspect.result(res, answer, cached)
	if result.Fault != "" {
		f.faulty(res, result, cached)
		return result, nil
	}
	f.breaker.succeed(res.Key)
	if err := f.store.Put(result.Entry); err != nil {
		f.log.Warn("an entry was not stored", "key", res.Key, "error", err)
		return result, nil
	}
	result.Stored = true
	f.stored(res, result.Entry, cached)
	return result, nil
}

// get asks upstream, and once more if nothing left the first time: that cost
// nothing. All who failed at the same moment do not come back at the same moment.
func (f *Fetcher) get(ctx context.Context, res *ll2.Resource) (*upstream.Answer, error) {
	ask := upstream.Request{Path: res.Path, Query: res.Query, Accept: res.Accept, Label: res.Endpoint}
	answer, err := f.upstream.Get(ctx, ask)
	if failure, ok := errors.AsType[*upstream.Error](err); !ok || failure.Sent {
		return answer, err
	}
	select {
	case <-time.After(retryAfter + rand.N(retryAfter)):
		return f.upstream.Get(ctx, ask)
	case <-ctx.Done():
		return nil, err
	}
}

// settle tells the quota what became of the slot. Where it says nothing, the
// slot counts as spent: no head came, so upstream may have counted the request.
func settle(grant *quota.Grant, res *ll2.Resource, answer *upstream.Answer, err error) {
	failure, _ := errors.AsType[*upstream.Error](err)
	if failure != nil {
		answer = failure.Head
	}
	switch {
	case failure != nil && !failure.Sent:
		grant.Unused()
	case answer == nil:
	case answer.Status == http.StatusTooManyRequests:
		after, _ := rfc9111.RetryAfter(answer.Header, answer.Answered) // 0 if it says nothing readable
		grant.Throttled(answer.Answered, after)
	case answer.Status == http.StatusNotFound && !res.Kind.Tabled():
		grant.Uncertain(answer.Answered) // a path that upstream does not know is not billed
	default:
		grant.Done(answer.Answered)
	}
}

// failed notes that no answer came, or not all of it.
func (f *Fetcher) failed(ctx context.Context, res *ll2.Resource, err error) {
	failure, ok := errors.AsType[*upstream.Error](err)
	if errors.Is(context.Cause(ctx), context.Canceled) || !ok || !failure.Sent && !failure.Unreachable() {
		f.breaker.unsent() // shutting down, or it cannot be sent at all: upstream is not to blame
		return
	}
	pause, note := pauseAfterAnswer, f.breaker.silence
	switch {
	case !failure.Sent:
		pause = pauseAfterUnsent
	case failure.Head != nil:
		note = f.breaker.fail
	}
	reason := FailureReason(err)
	note(res.Key, time.Now(), pause, reason)
	f.log.Warn("upstream did not answer", "key", res.Key, "error", err)
}

// faulty notes an answer that must not be stored. What is cached stays.
func (f *Fetcher) faulty(res *ll2.Resource, result *Result, cached *cache.Entry) {
	if cached != nil {
		f.observer.DowngradeRejected(result.Fault)
	}
	status := result.Entry.Status
	if status == http.StatusTooManyRequests { // which the quota itself heeds
		f.breaker.answered()
	} else {
		f.breaker.fail(res.Key, time.Now(), pauseAfterAnswer, result.Fault)
	}
	f.log.Warn("upstream's answer is not stored", "key", res.Key, "status", status, "reason", result.Fault)
}

// FailureReason is a bounded token for why upstream did not answer.
func FailureReason(err error) string {
	switch {
	case errors.Is(err, upstream.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, upstream.ErrTooLarge):
		return "too-large"
	case errors.Is(err, upstream.ErrTruncated), errors.Is(err, upstream.ErrBadCoding):
		return "broken-body"
	}
	return "unreachable"
}
