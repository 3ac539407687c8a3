// Package cachetest is the acceptance suite of cache.Tier: what every tier must
// do, whatever it is made of.
package cachetest

import (
	"testing"

	"perigee/cache"
)

// Run checks the tiers that open returns, each in a subtest of its own. open
// returns an empty tier with room for at least a megabyte of entries; whatever
// else it needs it releases with t.Cleanup. The suite closes the tier.
func Run(t *testing.T, open func(t *testing.T) cache.Tier) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			tier := open(t)
			err := c.run(tier)
			if closing := tier.Close(); closing != nil {
				t.Errorf("Close: %v", closing)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// check is one rule of cache.Tier. It returns an error instead of failing a
// test, so that the suite can be shown to catch tiers that break the rule.
type check struct {
	name string
	run  func(cache.Tier) error
}

var checks = []check{
	{"MissWhenEmpty", missWhenEmpty},
	{"PutThenGet", putThenGet},
	{"EveryField", everyField},
	{"DeadEntriesToo", deadEntriesToo},
	{"LatestWins", latestWins},
	{"ShrinkAndGrow", shrinkAndGrow},
	{"KeysAreOpaque", keysAreOpaque},
	{"Delete", deleteForgets},
	{"PutAfterDelete", putAfterDelete},
	{"Ownership", ownership},
	{"Invalid", invalid},
	{"Closed", closed},
	{"Concurrent", concurrent},
	{"CloseUnderLoad", closeUnderLoad},
}
