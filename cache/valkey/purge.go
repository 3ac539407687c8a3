package valkey

import (
	"context"
	"errors"
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
	helloScript = script("hello")
)

// purge deletes the entry under key everywhere. The page goes first: whoever is
// told must not find it again.
func (c *Client) purge(key cache.Key) error {
	ctx := context.Background()
	reply, err := c.run(ctx, eraseScript, []string{c.names.page(key)})
	if err != nil {
		return err
	}
	at, _ := reply.(int64)
	_, err = c.run(ctx, purgeScript, []string{c.names.purged()},
		key, at, purgeAge.Milliseconds(), purgeCount, c.names.news(),
		c.message(message{Kind: kindPurged, At: at}, key))
	if err != nil {
		return err
	}
	c.counts.purges.Add(1)
	return nil
}

// hearPurge takes note of a purge of another replica.
func (c *Client) hearPurge(payload []byte) {
	if m, ok := parseMessage(payload); ok && m.From != c.opts.Replica {
		c.purgedAt(string(m.Key), m.At)
		c.heard = max(c.heard, m.At)
	}
}

func (c *Client) purgedAt(key cache.Key, at int64) {
	c.counts.purgesHeard.Add(1)
	c.lately.forget(key)
	c.notices.addPurged(key, time.UnixMilli(at))
}

// catchUp learns of the purges since the last that was heard of. It runs when
// the subscription is there, so that none falls between the two.
func (c *Client) catchUp(s *session) error {
	now, err := c.hello(s)
	if err != nil {
		return err
	}
	from := c.heard - purgeMargin.Milliseconds()
	for offset := 0; ; offset += purgeBatch {
		found, err := c.purgedSince(s, from, offset)
		if err != nil {
			return fmt.Errorf("catch up with purges: %w", err)
		}
		for i := 0; i+1 < len(found); i += 2 {
			key, _ := found[i].(string)
			at, _ := found[i+1].(string)
			if score, err := strconv.ParseFloat(at, 64); err == nil {
				c.purgedAt(key, int64(score))
			}
		}
		if len(found) < 2*purgeBatch {
			c.heard = now
			return nil
		}
	}
}

// hello returns the server's time in ms.
func (c *Client) hello(s *session) (int64, error) {
	ctx, cancel := context.WithTimeout(s.ctx, c.opts.Timeout)
	defer cancel()
	reply, err := s.run(ctx, helloScript, []string{c.names.hello()}, c.opts.Replica)
	if err != nil {
		return 0, fmt.Errorf("greet: %w", err)
	}
	now, ok := reply.(int64)
	if !ok {
		return 0, errors.New("greet: the server does not tell its time")
	}
	return now, nil
}

// purgedSince returns keys and the times when they were purged, by turns.
func (c *Client) purgedSince(s *session, from int64, offset int) ([]any, error) {
	ctx, cancel := context.WithTimeout(s.ctx, c.opts.Timeout+maxGrowth)
	defer cancel()
	reply, err := s.command(ctx, 1, "zrangebyscore", c.names.purged(), from, "+inf", "withscores", "limit", offset, purgeBatch)
	if err != nil {
		return nil, err
	}
	found, _ := reply.([]any)
	return found, nil
}
