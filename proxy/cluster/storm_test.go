package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"perigee/proxy/quota"
)

const (
	simLimit  = 15
	simPeriod = 2 * time.Minute
	simHold   = 10 * time.Second
	// simSeeds is how many stories are told unless the environment says otherwise.
	simSeeds     = 60
	seedsEnviron = "PERIGEE_CLUSTER_TEST_SEEDS"
	firstEnviron = "PERIGEE_CLUSTER_TEST_FIRST" // the first seed
	logEnviron   = "PERIGEE_CLUSTER_TEST_LOG"   // if set, what happens is told on standard error
)

// world is some replicas before one server and an upstream that throttles as Django
// REST Framework does. Whatever goes wrong follows from the seed.
type world struct {
	t       testing.TB
	seed    uint64
	network *network
	auto    bool // the limit is what upstream reports
	made    int
	log     *slog.Logger

	mu       sync.Mutex // guards all below
	replicas []*replica
	stamps   []time.Time // requests that upstream counts
	refused  []string
	served   int
	story    []string
}

func newWorld(t testing.TB, seed uint64, auto bool) *world {
	w := &world{t: t, seed: seed, network: &network{model: newModel(), delay: time.Millisecond}, auto: auto}
	w.log = slog.New(slog.DiscardHandler)
	if os.Getenv(logEnviron) != "" {
		w.log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return w
}

// tell adds to the story.
func (w *world) tell(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.story = append(w.story, fmt.Sprintf(format, args...))
	w.log.Info("STORY " + fmt.Sprintf(format, args...))
}

// request is one that reaches upstream now.
func (w *world) request(from string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.expire()
	if len(w.stamps) >= simLimit {
		w.refused = append(w.refused, from)
		w.log.Info("STORY upstream refuses", "from", from)
		return
	}
	w.stamps, w.served = append(w.stamps, now), w.served+1
}

func (w *world) expire() time.Time {
	now := time.Now()
	for len(w.stamps) > 0 && !w.stamps[0].After(now.Add(-simPeriod)) {
		w.stamps = w.stamps[1:]
	}
	return now
}

// report is upstream's.
func (w *world) report() quota.Report {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.expire()
	r := quota.Report{Limit: simLimit, Period: simPeriod, Used: len(w.stamps)}
	if r.Used >= r.Limit {
		r.Next = w.stamps[0].Add(simPeriod).Sub(now)
	}
	return r
}

// replica is a node with its gate, and users that want pages of it.
type replica struct {
	w    *world
	name string
	rng  *rand.Rand
	link *link
	node *Node
	gate *quota.Gate

	paused  chan struct{} // closed when it goes on; nil: it is not. Guarded by the world
	stop    context.CancelFunc
	working sync.WaitGroup
	calm    context.CancelFunc
	users   sync.WaitGroup

	mu sync.Mutex // guards rng
}

// join starts a replica that knows nothing.
func (w *world) join() *replica {
	w.made++
	r := &replica{w: w, name: "r" + strconv.Itoa(w.made), rng: rand.New(rand.NewPCG(w.seed, uint64(w.made)))}
	r.link = &link{network: w.network, name: r.name, alive: true, gate: r.running}
	o := Options{Lease: 5 * time.Second, Reports: w.auto, Logger: w.log.With("replica", r.name)}
	if err := o.check(); err != nil {
		w.t.Fatal(err)
	}
	r.node = newNode(o, r.link, r.name)
	r.link.node = r.node
	limit := quota.Options{Limit: simLimit, Period: simPeriod}
	if w.auto {
		limit = quota.Options{}
	}
	limit.Reserve, limit.Fanout, limit.Hold, limit.Standby, limit.Save = 1, simLimit, simHold, true, r.node.Save
	var err error
	if r.gate, err = quota.New(limit); err != nil {
		w.t.Fatal(err)
	}
	w.network.mu.Lock()
	w.network.links = append(w.network.links, r.link)
	w.network.mu.Unlock()
	w.mu.Lock()
	w.replicas = append(w.replicas, r)
	w.mu.Unlock()
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	r.node.Start(r.gate, r.forPeer)
	if w.auto {
		r.working.Go(func() { r.report(ctx) })
	}
	return r
}

// running returns when the replica is not paused.
func (r *replica) running() {
	r.w.mu.Lock()
	paused := r.paused
	r.w.mu.Unlock()
	if paused != nil {
		<-paused
	}
}

// report has the gate learn what upstream has counted.
func (r *replica) report(ctx context.Context) {
	for r.gate.AwaitReport(ctx) == nil {
		r.running()
		asked := time.Now()
		time.Sleep(20 * time.Millisecond)
		report := r.w.report()
		time.Sleep(20 * time.Millisecond)
		r.running()
		r.gate.Learn(report, asked, time.Now())
	}
}

var errSentNothing = errors.New("nothing was sent")

// here fetches as the replica that sends.
func (r *replica) here(ctx context.Context, w quota.Waiter) error {
	leads, sends := r.node.Sends()
	if !sends {
		return ErrSends
	}
	waits, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(leads, cancel)()
	request := r.gate.NewFetchRequest()
	leave := request.Join(w)
	defer leave()
	grant, err := r.gate.Acquire(waits, request)
	if err != nil {
		if leads.Err() != nil || errors.Is(err, quota.ErrNotSaved) {
			time.Sleep(50 * time.Millisecond)
			return ErrSends
		}
		return err
	}
	defer grant.Close()
	if _, sends := r.node.Sends(); !sends {
		grant.Unused()
		return ErrSends
	}
	if r.is(func() bool { return r.rng.IntN(20) == 0 }) {
		grant.Unused()
		return errSentNothing
	}
	r.running()
	if !r.is(func() bool { return r.link.alive }) {
		return errSentNothing // it was killed
	}
	time.Sleep(r.upTo(30 * time.Millisecond))
	r.w.request(r.name)
	time.Sleep(r.upTo(2 * time.Second))
	r.running()
	if r.is(func() bool { return r.rng.IntN(10) > 0 }) { // otherwise the answer is lost
		grant.Done(time.Now())
	}
	return nil
}

// forPeer is a Fetch.
func (r *replica) forPeer(ctx context.Context, _ Resource, w quota.Waiter, _ time.Time) (Fetched, error) {
	err := r.here(ctx, w)
	if errors.Is(err, errSentNothing) {
		err = &FailedError{Reason: "unsent", Pause: time.Second}
	}
	return Fetched{Asked: true, Led: true}, err
}

// want has a client want a page.
func (r *replica) want(ctx context.Context, client string, patience time.Duration) error {
	w := quota.Waiter{Client: client, Deadline: time.Now().Add(patience)}
	for {
		r.running()
		var err error
		if _, sends := r.node.Sends(); sends {
			err = r.here(ctx, w)
		} else {
			_, err = r.node.Delegate(ctx, Resource{Key: client}, w, time.Time{}, false)
		}
		if !errors.Is(err, ErrSends) || ctx.Err() != nil {
			return err
		}
	}
}

// storm has users want pages until calmed.
func (r *replica) storm(users int) {
	var ctx context.Context
	ctx, r.calm = context.WithCancel(context.Background())
	for u := range users {
		var seed uint64
		r.is(func() bool { seed = r.rng.Uint64(); return true })
		rng := rand.New(rand.NewPCG(seed, 0))
		r.users.Go(func() {
			for ctx.Err() == nil {
				time.Sleep(time.Duration(rng.ExpFloat64() * float64(4*time.Second)))
				_ = r.want(ctx, fmt.Sprint(r.name, u), 8*time.Second) // upstream counts what was sent
			}
		})
	}
}

func (r *replica) calmDown() {
	if r.calm != nil {
		r.calm()
		r.users.Wait()
		r.calm = nil
	}
}

// is asks about what is guarded by the replica and the network, or changes it.
func (r *replica) is(f func() bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.w.network.mu.Lock()
	defer r.w.network.mu.Unlock()
	return f()
}

func (r *replica) upTo(d time.Duration) (some time.Duration) {
	r.is(func() bool { some = time.Duration(r.rng.Float64() * float64(d)); return true })
	return some
}

// pause stops the replica wherever it is about to say or hear something, and resume
// has it go on.
func (r *replica) pause() {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	if r.paused == nil {
		r.paused = make(chan struct{})
	}
}

func (r *replica) resume() {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	if r.paused != nil {
		close(r.paused)
		r.paused = nil
	}
}

// end takes the replica away: it leaves, or is killed.
func (r *replica) end(kill bool) {
	if kill {
		r.is(func() bool { r.link.alive = false; return true })
	}
	r.resume()
	r.calmDown()
	r.node.Close()
	r.stop()
	r.working.Wait()
	r.is(func() bool { r.link.alive = false; return true })
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	for i, other := range r.w.replicas {
		if other == r {
			r.w.replicas = append(r.w.replicas[:i:i], r.w.replicas[i+1:]...)
		}
	}
}

// mishap lets something go wrong.
func (w *world) mishap(rng *rand.Rand) {
	w.mu.Lock()
	r := w.replicas[rng.IntN(len(w.replicas))]
	w.mu.Unlock()
	if leads := w.leader(); leads != nil && rng.IntN(2) == 0 {
		r = leads
	}
	if rng.IntN(2) == 0 {
		w.network.model.save()
	}
	set := func(f func()) { r.is(func() bool { f(); return true }) }
	switch rng.IntN(10) {
	case 0, 1:
		w.tell("%s is cut off", r.name)
		set(func() { r.link.cut = true })
	case 2:
		w.tell("%s hears nothing", r.name)
		set(func() { r.link.deaf = true })
	case 3:
		w.tell("the server is lost")
		set(func() { w.network.lost = true })
	case 4:
		w.tell("the server is empty")
		w.network.model.empty()
	case 5:
		if w.network.model.saved != nil {
			w.tell("the server goes on from a copy")
			w.network.model.goBack()
		}
	case 6, 7:
		w.tell("%s is killed, and another one joins", r.name)
		r.end(true)
		w.join().storm(3)
	case 8:
		w.tell("%s leaves, and another one joins", r.name)
		r.end(false)
		w.join().storm(3)
	case 9:
		w.tell("%s is paused", r.name)
		r.pause()
	}
}

func (w *world) leader() *replica {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.replicas {
		if r.node.Status().Leading {
			return r
		}
	}
	return nil
}

func (w *world) heal() {
	w.tell("all is well")
	w.mu.Lock()
	replicas := append([]*replica(nil), w.replicas...)
	w.mu.Unlock()
	for _, r := range replicas {
		r.resume()
	}
	w.network.mu.Lock()
	defer w.network.mu.Unlock()
	w.network.lost = false
	for _, l := range w.network.links {
		l.cut, l.deaf = false, false
	}
}

// TestStorms has three replicas want more than there is while networks are cut,
// answers are lost, replicas are paused, killed and replaced, and the server is lost,
// emptied, or goes on from an old copy. Upstream never has to refuse, and when all is
// well again the quota is used in full within a period.
func TestStorms(t *testing.T) {
	seeds, first := simSeeds, 0
	for name, number := range map[string]*int{seedsEnviron: &seeds, firstEnviron: &first} {
		if set := os.Getenv(name); set != "" {
			if _, err := fmt.Sscan(set, number); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	served := 0
	for seed := first; seed < first+seeds; seed++ {
		var n int
		var faults []string
		synctest.Test(t, func(t *testing.T) { n, faults = story(t, uint64(seed)) })
		served += n
		for _, fault := range faults {
			t.Errorf("seed %d: %s", seed, fault)
		}
	}
	t.Logf("%d stories, %d requests", seeds, served)
}

// story tells what follows from a seed, and returns how many requests were served and
// what went wrong.
func story(t *testing.T, seed uint64) (served int, faults []string) {
	rng := rand.New(rand.NewPCG(seed, 7))
	w := newWorld(t, seed, seed%2 == 1)
	upTo := func(d time.Duration) time.Duration { return time.Duration(rng.Float64() * float64(d)) }
	for range 3 {
		w.join().storm(3)
	}
	for range 3 {
		time.Sleep(upTo(simPeriod))
		for range 1 + rng.IntN(2) {
			w.mishap(rng)
			time.Sleep(upTo(20 * time.Second))
		}
		time.Sleep(upTo(simPeriod / 2))
		w.heal()
		time.Sleep(upTo(20 * time.Second))
	}
	// What was spent, and what others may have, returns within one period.
	time.Sleep(simPeriod + simHold + 20*time.Second)
	w.mu.Lock()
	before := w.served
	w.mu.Unlock()
	time.Sleep(simPeriod + 15*time.Second)
	w.mu.Lock()
	used := w.served - before
	w.mu.Unlock()
	for len(w.replicas) > 0 {
		w.replicas[0].end(false)
	}
	if len(w.refused) > 0 {
		faults = append(faults, fmt.Sprintf("upstream had to refuse %d requests, of %v: %q", len(w.refused), w.refused, w.story))
	}
	least := simLimit * 4 / 5
	if w.auto { // what is under way when a report comes counts twice until the next
		least = simLimit / 2
	}
	if used < least {
		faults = append(faults, fmt.Sprintf("only %d requests in a period after all was well: %q", used, w.story))
	}
	return w.served, faults
}
