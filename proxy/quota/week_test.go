package quota

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

const (
	week     = 7 * 24 * time.Hour
	patience = 8 * time.Second
)

// user is a client that wants pages at random times, and comes back when it is
// told to.
type user struct {
	world  *world
	name   string
	every  time.Duration // wants a page so often on average
	rude   bool          // comes back at once instead
	wants  int           // pages it still wants
	busy   bool          // it asks for one, or is about to come back
	asked  int           // pages wanted so far
	served []time.Time
}

func (u *user) live() {
	u.world.after(time.Duration(u.world.rng.ExpFloat64()*float64(u.every)), func() {
		u.wants++
		u.asked++
		u.try()
		u.live()
	})
}

func (u *user) try() {
	if u.busy || u.wants == 0 {
		return
	}
	u.busy = true
	u.world.ask(u.name, Waiting, patience,
		func(ok bool) {
			if ok {
				u.wants--
				u.served = append(u.served, u.world.now)
			}
			u.back(0)
		},
		func(after time.Duration) {
			if u.rude {
				after = 10 * time.Second
			}
			u.back(after + u.world.upTo(5*time.Second))
		})
}

func (u *user) back(after time.Duration) {
	u.world.after(after, func() {
		u.busy = false
		u.try()
	})
}

// between counts the pages that the user got after from and not after to.
func (u *user) between(from, to time.Time) int {
	n := 0
	for _, at := range u.served {
		if at.After(from) && !at.After(to) {
			n++
		}
	}
	return n
}

// populate starts n users, of whom the first is rude and greedier than the others.
func populate(w *world, n int, every time.Duration, greed int) []*user {
	users := make([]*user, n)
	for i := range users {
		users[i] = &user{world: w, name: fmt.Sprintf("client-%d", i), every: every}
		if i == 0 && greed > 1 {
			users[i].every, users[i].rude = every/time.Duration(greed), true
		}
		users[i].live()
	}
	return users
}

// maxMin is what each gets of total if nobody who wants more has less: the
// textbook's way, by filling up from the smallest wish.
func maxMin(wishes []int, total float64) []float64 {
	shares, left := make([]float64, len(wishes)), len(wishes)
	order := make([]int, len(wishes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return wishes[i] - wishes[j] })
	for _, i := range order {
		shares[i] = min(float64(wishes[i]), total/float64(left))
		total -= shares[i]
		left--
	}
	return shares
}

// TestWeek lets 50 clients want more than there is for a week, one of them a
// hundred times more than the others.
//
// The most that can be used is a little less than everything. A slot comes back
// one period and the margin after its response head, so each round takes 3601 s
// and the call, here about a second: 99.94 % of 3600 s. (The count of a week can
// be off by a few at its two ends.)
func TestWeek(t *testing.T) {
	for _, tt := range []struct {
		name    string
		limit   int // 0: auto, with reports
		failing float64
	}{
		{name: "fixed limit", limit: 15},
		{name: "auto", limit: 0},
		{name: "fixed limit, unreliable network", limit: 15, failing: 0.1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 7, tt.limit, 1)
			w.reports, w.failing = tt.limit == 0, tt.failing
			users := populate(w, 50, 2*time.Hour, 100)
			w.run(12 * time.Hour) // until 15 and more want something all the time
			from, before := w.now, w.model.own
			w.run(week)
			checkWeek(t, w, w.model.own-before)
			checkShares(t, users, from, w.now)
		})
	}
}

func checkWeek(t *testing.T, w *world, spent int) {
	t.Helper()
	call := w.took / time.Duration(w.answered)
	bound := time.Hour.Seconds() / (time.Hour + margin + call).Seconds()
	used := float64(spent) / (15 * week.Hours())
	t.Logf("used %.2f %%, at most %.2f %%; a call takes %v", 100*used, 100*bound, call)
	if w.model.refused != 0 {
		t.Errorf("upstream refused %d requests", w.model.refused)
	}
	if used < 0.99 {
		t.Errorf("used %.2f %% of what is allowed, want 99", 100*used)
	}
	if w.longest > patience {
		t.Errorf("somebody waited %v", w.longest)
	}
}

// checkShares holds that in every window each polite client got its max-min share
// of it, less one. Over the whole time fairness has no memory: nevertheless
// everyone is near its share.
func checkShares(t *testing.T, users []*user, from, to time.Time) {
	t.Helper()
	for at := from.Add(time.Hour); !at.After(to); at = at.Add(20 * time.Minute) {
		wishes, total := make([]int, len(users)), 0
		for i, u := range users {
			got := u.between(at.Add(-time.Hour), at)
			wishes[i] = got + u.wants // wants only grow, but for what is served
			total += got
		}
		for i, share := range maxMin(wishes, float64(total)) {
			if got := users[i].between(at.Add(-time.Hour), at); i > 0 && float64(got) < share-1 {
				t.Errorf("%s got %d in the hour to %v, its share is %.2f", users[i].name, got, at, share)
			}
		}
	}
	fair := 15 * to.Sub(from).Hours() / float64(len(users))
	for _, u := range users[1:] {
		if got := float64(u.between(from, to)); got < 0.8*fair && u.wants > 0 {
			t.Errorf("%s got %v in all, its share is %.1f", u.name, got, fair)
		}
	}
}

// TestFewBusy holds what a few clients get who want more than there is.
func TestFewBusy(t *testing.T) {
	const round = time.Hour + 15*time.Second // of a slot: with the margin, a call and the way back
	for _, tt := range []struct {
		name    string
		clients int
		greed   int
		least   int     // that each polite one gets in any hour
		most    int     // that anyone gets
		total   float64 // an hour, on average
	}{
		{name: "alone: all but the reserve", clients: 1, greed: 1, least: 13, most: 14, total: 14},
		{name: "alone and rude", clients: 1, greed: 100, most: 14, total: 14},
		{name: "two: half of all but the reserve", clients: 2, greed: 1, least: 6, most: 8, total: 14},
		{name: "two, one of them rude", clients: 2, greed: 100, least: 6, most: 8, total: 14},
		{name: "six", clients: 6, greed: 1, least: 1, most: 4, total: 14},
		{name: "six, one of them rude", clients: 6, greed: 100, least: 1, most: 4, total: 14},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, 3, 15, 1)
			users := populate(w, tt.clients, time.Minute, tt.greed)
			w.run(3 * time.Hour)
			from := w.now
			w.run(24 * time.Hour)
			if w.model.refused != 0 {
				t.Errorf("upstream refused %d requests", w.model.refused)
			}
			total := 0
			for i, u := range users {
				total += u.between(from, w.now)
				for at := from.Add(round); at.Before(w.now); at = at.Add(7 * time.Minute) {
					most, least := u.between(at.Add(-time.Hour), at), u.between(at.Add(-round), at)
					if most > tt.most || least < tt.least && (i > 0 || tt.greed == 1) {
						t.Errorf("%s got %d to %d in the hour to %v, want %d to %d", u.name, least, most, at, tt.least, tt.most)
					}
				}
			}
			if hourly := float64(total) / 24; hourly < 0.99*tt.total {
				t.Errorf("%.2f an hour in all, want %.2f", hourly, tt.total)
			}
		})
	}
}
