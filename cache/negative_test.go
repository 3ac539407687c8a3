package cache_test

import (
	"fmt"
	"testing"
	"time"

	"perigee/cache"
)

// far is a tier to which others write, and how often it was asked.
type far struct {
	cache.Tier
	asked int
}

func (f *far) Get(key cache.Key) (*cache.Entry, bool) {
	f.asked++
	return f.Tier.Get(key)
}

func TestMissIsRememberedForAWhile(t *testing.T) {
	const lasts = 5 * time.Second
	for _, tt := range []struct {
		name  string
		lasts time.Duration
		after time.Duration
		do    func(t *testing.T, l *cache.Layered)
		asked int // by a look-up after it
		want  int // the seed that it finds
	}{
		{name: "a moment ago", lasts: lasts, after: lasts - 1, asked: 0},
		{name: "long ago", lasts: lasts, after: lasts, asked: 1, want: 1},
		{name: "not at all", after: 0, asked: 1, want: 1},
		{name: "expected", lasts: lasts, asked: 1, want: 1,
			do: func(_ *testing.T, l *cache.Layered) { l.ForgetMiss(layeredKey) }},
		{name: "another expected", lasts: lasts, asked: 0,
			do: func(_ *testing.T, l *cache.Layered) { l.ForgetMiss("another") }},
		{name: "stored", lasts: lasts, asked: 0, want: 2,
			do: func(t *testing.T, l *cache.Layered) { put(t, l, 2) }},
		{name: "deleted", lasts: lasts, asked: 1,
			do: func(t *testing.T, l *cache.Layered) {
				if err := l.Delete(layeredKey); err != nil {
					t.Error(err)
				}
			}},
		{name: "renewed: in any case", lasts: lasts, asked: 0, want: 1,
			do: func(_ *testing.T, l *cache.Layered) { l.Newest(layeredKey) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := time.Unix(0, 0)
			lower := &far{Tier: newMemory(t)}
			l := layer(t, cache.LayeredOptions{
				Upper: newMemory(t), Lower: lower, NegativeTTL: tt.lasts, Now: func() time.Time { return now },
			})
			l.Get(layeredKey)
			put(t, lower, 1) // by another
			if tt.do != nil {
				tt.do(t, l)
			}
			now, lower.asked = now.Add(tt.after), 0
			if got := seed(t, l.Get); got != tt.want || lower.asked != tt.asked {
				t.Errorf("got entry %d after asking %d times, want %d after %d", got, lower.asked, tt.want, tt.asked)
			}
		})
	}
}

// Who asks for ever other keys must not fill the memory: beyond some thousands it
// is forgotten what was absent.
func TestNegativeCacheIsBounded(t *testing.T) {
	const most = 4096
	lower := &far{Tier: newMemory(t)}
	l := layer(t, cache.LayeredOptions{
		Upper: newMemory(t), Lower: lower, NegativeTTL: time.Hour, Now: func() time.Time { return time.Unix(0, 0) },
	})
	look := func(from, to int) int {
		lower.asked = 0
		for i := from; i < to; i++ {
			l.Get(fmt.Sprint(i))
		}
		return lower.asked
	}
	for _, tt := range []struct {
		name           string
		from, to, want int
	}{
		{"all for the first time", 0, most, most},
		{"again", 0, most, 0},
		{"one too many", most, most + 1, 1},
		{"that one", most, most + 1, 0},
		{"the others", 0, most - 1, most - 1},
	} {
		if got := look(tt.from, tt.to); got != tt.want {
			t.Errorf("%s: asked %d times, want %d", tt.name, got, tt.want)
		}
	}
}
