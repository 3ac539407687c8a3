package valkey

import (
	"context"
	"fmt"

	"perigee/cache"
)

// rememberCount is how many keys are remembered. They are forgotten together when
// purgeAge has passed since the latest.
const rememberCount = 1000

var rememberScript = script("remember")

// Remember has a key told to replicas that are yet to come, and to those that were
// cut off: see TierOptions.OnRemembered. The entry under it is worth looking for, though
// nobody asks for it by this key.
func (t *Tier) Remember(key cache.Key) error {
	if len(key) > maxKey {
		return nil // it is not shared
	}
	_, err := t.client.Run(context.Background(), rememberScript, 0, []string{t.common("remembered")}, key, rememberCount, purgeAge.Milliseconds())
	if err != nil {
		return fmt.Errorf("valkey: remember: %w", err)
	}
	return nil
}

// recall tells the owner of what is remembered.
func (t *Tier) recall(tell func(keys []cache.Key)) {
	reply, err := t.client.command(context.Background(), 0, 1, "zrange", t.common("remembered"), 0, rememberCount-1)
	found, _ := reply.([]any)
	if err != nil || len(found) == 0 {
		return // it is worth knowing, no more
	}
	keys := make([]cache.Key, 0, len(found))
	for _, item := range found {
		if key, ok := item.(string); ok {
			keys = append(keys, key)
		}
	}
	tell(keys)
}
