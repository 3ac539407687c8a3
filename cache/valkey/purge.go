package valkey

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"perigee/cache"
)

// Purges are kept in a sorted set for those who could not be told. What is
// older, or one too many, is not caught up with: an entry does not live longer
// than a week past its freshness, and nobody purges so much.
const (
	purgeAge   = 7 * 24 * time.Hour
	purgeCount = 10_000
	purgeBatch = 1000
	// purgeMargin is how much sooner than what was heard last is looked at: the
	// clock is another one after a failover.
	purgeMargin = 10 * time.Second
)

var (
	eraseScript = script("erase")
	purgeScript = script("purge")
)

// purged is the name of a sorted set of keys by the time in ms when they were purged.
func (t *Tier) purged() string { return t.common("purged") }

// purge deletes the entry under key everywhere. The page goes first: whoever is
// told must not find it again.
func (t *Tier) purge(key cache.Key) error {
	ctx, c := context.Background(), t.client
	reply, err := c.Run(ctx, eraseScript, 0, []string{t.page(key)})
	if err != nil {
		return err
	}
	at, _ := reply.(int64)
	m, err := c.Message(kindPurged, notice{Key: []byte(key), At: at})
	if err != nil {
		return err
	}
	_, err = c.Run(ctx, purgeScript, 0, []string{t.purged()},
		key, at, purgeAge.Milliseconds(), purgeCount, c.Channel(), m)
	if err != nil {
		return err
	}
	t.counts.purges.Add(1)
	return nil
}

// hearPurged takes note of a purge of another replica.
func (t *Tier) hearPurged(_ string, body []byte) {
	if n, ok := parseNotice(body); ok {
		t.purgedAt(string(n.Key), n.At)
		t.heard = max(t.heard, n.At)
	}
}

func (t *Tier) purgedAt(key cache.Key, at int64) {
	t.counts.purgesHeard.Add(1)
	t.notices.addPurged(key, time.UnixMilli(at))
}

// catchUp learns of the purges since the last that was heard of. It runs when
// the subscription is there, so that none falls between the two.
func (t *Tier) catchUp(s *session, now int64) error {
	from := t.heard - purgeMargin.Milliseconds()
	for offset := 0; ; offset += purgeBatch {
		found, err := t.purgedSince(s, from, offset)
		if err != nil {
			return fmt.Errorf("catch up with purges: %w", err)
		}
		for i := 0; i+1 < len(found); i += 2 {
			key, _ := found[i].(string)
			at, _ := found[i+1].(string)
			if score, err := strconv.ParseFloat(at, 64); err == nil {
				t.purgedAt(key, int64(score))
			}
		}
		if len(found) < 2*purgeBatch {
			t.heard = now
			return nil
		}
	}
}

// purgedSince returns keys and the times when they were purged, by turns.
func (t *Tier) purgedSince(s *session, from int64, offset int) ([]any, error) {
	ctx, cancel := context.WithTimeout(s.ctx, t.client.opts.Timeout+maxGrowth)
	defer cancel()
	reply, err := s.command(ctx, 1, "zrangebyscore", t.purged(), from, "+inf", "withscores", "limit", offset, purgeBatch)
	if err != nil {
		return nil, err
	}
	found, _ := reply.([]any)
	return found, nil
}
