package proxy

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"perigee/cache"
	"perigee/proxy/ll2"
	"perigee/proxy/quota"
	"perigee/proxy/upstream"
)

// retryAfter is the least time between two tries to reach upstream, and half of
// the most.
const retryAfter = 150 * time.Millisecond

// ask spends the request, and stores what came back before anyone sees it.
func (f *filler) ask(ctx context.Context, res *ll2.Resource, grant *quota.Grant, lease Lease, held *cache.Entry) (*landing, error) {
	answer, err := f.get(ctx, res)
	f.settle(grant, answer, err)
	if err != nil {
		f.failed(res, lease, err)
		return nil, err
	}
	land := f.build.assemble(res, answer, held)
	if land.fault != "" {
		f.faulty(res, lease, land, answer, held)
		return land, nil
	}
	f.pauses.succeed(res.Key)
	if err := lease.Land(land.entry); err != nil {
		f.log.Debug("an entry is not shared", "key", res.Key, "error", err)
	}
	if err := f.store.Put(land.entry); err != nil {
		f.log.Warn("an entry was not stored", "key", res.Key, "error", err)
		return land, nil
	}
	land.stored = true
	f.stored(res, land.entry, held)
	return land, nil
}

// get asks upstream, and once more if nothing left the first time: that cost
// nothing. All who failed at the same moment do not come back at the same moment.
func (f *filler) get(ctx context.Context, res *ll2.Resource) (*upstream.Answer, error) {
	ask := upstream.Ask{Path: res.Path, Query: res.Query, Accept: res.Accept, Label: res.Endpoint}
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
func (f *filler) settle(grant *quota.Grant, answer *upstream.Answer, err error) {
	failure, _ := errors.AsType[*upstream.Error](err)
	if failure != nil {
		answer = failure.Head
	}
	switch {
	case failure != nil && !failure.Sent:
		grant.Unused()
	case answer == nil:
	case answer.Status == http.StatusTooManyRequests:
		after, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // 0 if it says nothing readable
		grant.Throttled(answer.Answered, time.Duration(after)*time.Second)
	default:
		grant.Done(answer.Answered)
	}
}

// failed notes that no answer came.
func (f *filler) failed(res *ll2.Resource, lease Lease, err error) {
	if f.life.Err() != nil {
		return // shutting down: upstream is not to blame
	}
	pause := pauseAfterUnsent
	failure, ok := errors.AsType[*upstream.Error](err)
	if ok && failure.Sent {
		pause = pauseAfterAnswer
	}
	f.pauses.fail(res.Key, time.Now(), pause, failureReason(err))
	lease.Fail(failureReason(err), pause)
	f.log.Warn("upstream did not answer", "key", res.Key, "error", err)
}

// faulty notes an answer that must not be stored. What is held stays.
func (f *filler) faulty(res *ll2.Resource, lease Lease, land *landing, answer *upstream.Answer, held *cache.Entry) {
	if held != nil {
		f.observer.DowngradeRejected(land.fault)
	}
	if answer.Status != http.StatusTooManyRequests { // that closed the gate
		f.pauses.fail(res.Key, time.Now(), pauseAfterAnswer, land.fault)
		lease.Fail(land.fault, pauseAfterAnswer)
	}
	f.log.Warn("upstream's answer is not stored", "key", res.Key, "status", answer.Status, "reason", land.fault)
}

// failureReason is a bounded token for why upstream did not answer.
func failureReason(err error) string {
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
