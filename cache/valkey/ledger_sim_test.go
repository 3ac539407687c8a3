package valkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"perigee/cache/valkey/valkeytest"
	"perigee/proxy/quota"
)

// clerk carries out letters on a real server, outside the bubble of simulated
// time, which stands still meanwhile.
type clerk struct {
	client  *redis.Client
	errands chan errand
	replies chan reply

	process int // of the server, as the ledger sees it
	saved   map[string]string
}

type errand struct {
	kind   errandKind
	letter quota.Letter
	now    time.Time
}

type errandKind int

const (
	exchange errandKind = iota
	forget              // everything, as a server that is started anew
	save                // a copy
	goBack              // to the copy, as a server that was started with it
)

type reply struct {
	answer quota.Answer
	err    error
}

func startClerk(t *testing.T) *clerk {
	t.Helper()
	options, err := redis.ParseURL(valkeytest.Start(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	c := &clerk{client: client, errands: make(chan errand), replies: make(chan reply)}
	var working sync.WaitGroup
	working.Go(func() {
		for e := range c.errands {
			c.replies <- c.carryOut(e)
		}
	})
	t.Cleanup(func() {
		close(c.errands)
		working.Wait()
		client.Close()
	})
	return c
}

func (c *clerk) carryOut(e errand) (r reply) {
	ctx := context.Background()
	switch e.kind {
	case forget:
		c.process++
		return reply{err: c.client.FlushAll(ctx).Err()}
	case save:
		return reply{err: c.save(ctx)}
	case goBack:
		c.process++
		return reply{err: c.goBack(ctx)}
	}
	body, err := json.Marshal(e.letter)
	if err != nil {
		return reply{err: err}
	}
	keys := names{namespace: "sim"}.ledger()
	text, err := script("ledger").Run(ctx, c.client, keys, body, "nowhere", "", e.now.UnixMilli(), c.process).Text()
	if err != nil {
		return reply{err: err}
	}
	r.err = json.Unmarshal([]byte(text), &r.answer)
	return r
}

func (c *clerk) save(ctx context.Context) error {
	c.saved = make(map[string]string)
	for _, key := range (names{namespace: "sim"}).ledger() {
		dump, err := c.client.Dump(ctx, key).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		c.saved[key] = dump
	}
	return nil
}

func (c *clerk) goBack(ctx context.Context) error {
	if err := c.client.FlushAll(ctx).Err(); err != nil {
		return err
	}
	for key, dump := range c.saved {
		if dump == "" {
			continue
		}
		if err := c.client.Restore(ctx, key, 0, dump).Err(); err != nil {
			return err
		}
	}
	return nil
}

// seedsSetting is the environment variable that asks for more stories.
const seedsSetting = "PERIGEE_LEDGER_TEST_SEEDS"

// simPeriod is short, so that much happens in little time: replicas write every
// second.
const simPeriod = 10 * time.Minute

// simulation is some replicas before a shared ledger and an upstream that
// throttles as Django REST Framework does.
type simulation struct {
	t        *testing.T
	clerk    *clerk
	errands  sync.Mutex // one at a time
	limit    int
	reports  bool // upstream tells what it has counted
	replicas []*simulated

	mu    sync.Mutex // guards all below, and what may befall a replica
	users int        // of each replica

	lost    bool   // nobody reaches the ledger
	mark    string // of the ledger's latest state
	log     []time.Time
	refused int
	served  int
}

func (s *simulation) send(e errand) reply {
	s.errands.Lock()
	defer s.errands.Unlock()
	s.clerk.errands <- e
	return <-s.clerk.replies
}

// request is one that reaches upstream now.
func (s *simulation) request() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.forget()
	if len(s.log) >= s.limit {
		s.refused++
		return
	}
	s.log, s.served = append(s.log, now), s.served+1
}

// forget forgets what is over, and returns the time.
func (s *simulation) forget() time.Time {
	now := time.Now()
	for len(s.log) > 0 && !s.log[0].After(now.Add(-simPeriod)) {
		s.log = s.log[1:]
	}
	return now
}

// counted is upstream's report.
func (s *simulation) counted() quota.Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.forget()
	r := quota.Report{Limit: s.limit, Period: simPeriod, Used: len(s.log)}
	if r.Used >= r.Limit {
		r.Next = s.log[0].Add(simPeriod).Sub(now)
	}
	return r
}

// simulated is one replica. It is the Pool of its own gate, too.
type simulated struct {
	s     *simulation
	name  string
	rng   *rand.Rand
	news  chan struct{}
	cut   bool   // its letters do not arrive; guarded by the simulation
	deaf  bool   // the answers do not; so guarded
	saved []byte // so guarded

	gate  *quota.Gate
	end   context.CancelFunc // of its users
	leave context.CancelFunc // of Share
	users sync.WaitGroup
	share sync.WaitGroup
}

func (r *simulated) News() <-chan struct{} { return r.news }

var errNoAnswer = errors.New("no answer in time")

func (r *simulated) Exchange(l quota.Letter) (quota.Answer, error) {
	if r.is(func() bool { return r.cut || r.s.lost }) {
		return quota.Answer{}, quota.ErrUnsent
	}
	time.Sleep(time.Millisecond)
	reply := r.s.send(errand{letter: l, now: time.Now()})
	if reply.err != nil {
		r.s.t.Errorf("the script fails: %v", reply.err)
		return quota.Answer{}, reply.err
	}
	r.s.publish(r, reply.answer)
	if r.is(func() bool { return r.deaf }) {
		time.Sleep(250 * time.Millisecond)
		return quota.Answer{}, errNoAnswer
	}
	return reply.answer, nil
}

// is asks about what is guarded.
func (r *simulated) is(f func() bool) bool {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return f()
}

// publish tells the others that there is news, as the script does.
func (s *simulation) publish(from *simulated, a quota.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mark := fmt.Sprint(a.Epoch, a.Seq)
	if mark == s.mark && a.Verdict != quota.Settling {
		return
	}
	s.mark = mark
	for _, r := range s.replicas {
		if r != from && !r.cut && !s.lost {
			select {
			case r.news <- struct{}{}:
			default:
			}
		}
	}
}

// start begins a process of the replica, which goes on from what was saved.
func (r *simulated) start() {
	gate, err := quota.New(quota.Options{
		Limit: r.s.limit, Period: simPeriod, Reserve: 1, Fanout: r.s.limit,
		Pool: r, Replica: r.name, Hold: 40 * time.Second,
		Save: func(snapshot []byte) { r.set(func() { r.saved = snapshot }) },
	})
	if err != nil {
		r.s.t.Fatal(err)
	}
	if r.saved != nil { // nothing of it runs yet
		if err := gate.Restore(r.saved); err != nil {
			r.s.t.Fatal(err)
		}
	}
	shared, leave := context.WithCancel(context.Background())
	r.gate, r.leave = gate, leave
	r.share.Go(func() { gate.Share(shared) })
	if r.s.reports {
		r.share.Go(func() { r.report(shared, gate) })
	}
}

// report has the gate learn what upstream has counted, whenever it wants to.
func (r *simulated) report(ctx context.Context, gate *quota.Gate) {
	for gate.AwaitReport(ctx) == nil {
		asked := time.Now()
		time.Sleep(100 * time.Millisecond)
		report := r.s.counted()
		time.Sleep(100 * time.Millisecond)
		gate.Learn(report, asked, time.Now())
	}
}

// set changes what is guarded.
func (r *simulated) set(f func()) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	f()
}

// storm has some users want pages until it is calmed.
func (r *simulated) storm(users int) {
	var ctx context.Context
	ctx, r.end = context.WithCancel(context.Background())
	gate := r.gate
	for u := range users {
		rng := rand.New(rand.NewPCG(r.rng.Uint64(), 0))
		r.users.Go(func() {
			for ctx.Err() == nil {
				time.Sleep(time.Duration(rng.ExpFloat64() * float64(10*time.Second)))
				r.fetch(ctx, gate, fmt.Sprint(r.name, u), rng)
			}
		})
	}
}

func (r *simulated) calm() {
	r.end()
	r.users.Wait()
}

func (r *simulated) fetch(ctx context.Context, gate *quota.Gate, client string, rng *rand.Rand) {
	request := gate.NewFetchRequest()
	leave := request.Join(quota.Waiter{Client: client, Deadline: time.Now().Add(8 * time.Second)})
	defer leave()
	grant, err := gate.Acquire(ctx, request)
	if err != nil {
		return
	}
	defer grant.Close()
	if rng.IntN(20) == 0 {
		grant.Unused()
		return
	}
	grant.Sent()
	time.Sleep(time.Duration(rng.Float64() * float64(time.Second)))
	r.s.request()
	time.Sleep(time.Duration(rng.Float64() * float64(time.Second)))
	if rng.IntN(10) > 0 { // else the answer is lost
		grant.Done(time.Now())
	}
}

// kill ends the process at this moment: nothing more is told or saved.
func (r *simulated) kill() {
	var saved []byte
	r.set(func() { saved, r.cut = r.saved, true })
	r.calm()
	r.leave()
	r.share.Wait()
	r.set(func() { r.saved, r.cut = saved, false })
}

// mishap lets something go wrong.
func (s *simulation) mishap(rng *rand.Rand) string {
	r := s.replicas[rng.IntN(len(s.replicas))]
	if rng.IntN(2) == 0 {
		s.send(errand{kind: save})
	}
	switch rng.IntN(8) {
	case 0:
		r.set(func() { r.cut = true })
		return "one is cut off"
	case 1:
		r.set(func() { r.deaf = true })
		return "one hears no answers"
	case 2:
		r.set(func() { s.lost = true })
		return "the ledger is lost"
	case 3:
		s.send(errand{kind: forget})
		return "the ledger is empty"
	case 4:
		r.kill()
		r.start()
		r.storm(s.users)
		return "one is killed and started again"
	case 5:
		if r.is(func() bool { return s.lost || r.cut || r.deaf }) {
			return "nothing" // who has never reached the ledger can only guess
		}
		r.calm()
		r.leave()
		r.share.Wait()
		r.saved, r.name = nil, r.name+"'"
		r.start()
		r.storm(s.users)
		return "one leaves, another joins"
	case 6:
		s.send(errand{kind: goBack})
		return "the ledger goes on from a copy"
	}
	return "nothing"
}

func (s *simulation) heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = false
	for _, r := range s.replicas {
		r.cut, r.deaf = false, false
	}
}

// TestReplicasNeverExceedTheQuota has three replicas want more than there is,
// in storms with calm between them, so that there is something in escrow when
// things go wrong: cut networks, lost answers, a ledger that is gone, empty or old,
// kills, and replicas that come and go.
func TestReplicasNeverExceedTheQuota(t *testing.T) {
	clerk := startClerk(t)
	seeds := 6
	if set := os.Getenv(seedsSetting); set != "" {
		if _, err := fmt.Sscan(set, &seeds); err != nil {
			t.Fatalf("%s: %v", seedsSetting, err)
		}
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) { simulate(t, clerk, uint64(seed)) })
	}
}

func simulate(t *testing.T, clerk *clerk, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 7))
	s := &simulation{t: t, clerk: clerk, limit: 15, reports: seed%2 == 1}
	for _, kind := range []errandKind{forget, save} { // what other stories have left
		if err := s.send(errand{kind: kind}).err; err != nil {
			t.Fatal(err)
		}
	}
	upTo := func(d time.Duration) time.Duration { return time.Duration(rng.Float64() * float64(d)) }
	for i := range 3 {
		r := &simulated{s: s, name: fmt.Sprint("r", i), rng: rand.New(rand.NewPCG(seed, uint64(i))), news: make(chan struct{}, 1)}
		s.replicas = append(s.replicas, r)
		r.start()
		r.storm(0)
	}
	var story []string
	for range 6 {
		time.Sleep(upTo(simPeriod * 4 / 3))
		if rng.IntN(2) == 0 { // while there is something in escrow
			story = append(story, s.mishap(rng))
			time.Sleep(upTo(5 * time.Second))
		}
		s.users = 3
		for _, r := range s.replicas {
			r.calm()
			r.storm(s.users)
		}
		for range 2 {
			time.Sleep(upTo(time.Minute))
			story = append(story, s.mishap(rng))
		}
		time.Sleep(upTo(simPeriod / 2))
		s.heal()
		time.Sleep(upTo(simPeriod / 6))
		s.users = 0
		for _, r := range s.replicas {
			r.calm()
			r.storm(s.users)
		}
	}
	for _, r := range s.replicas {
		r.calm()
		r.leave()
		r.share.Wait()
	}
	t.Logf("seed %d: %d requests were sent", seed, s.served)
	if s.refused > 0 {
		t.Errorf("seed %d: upstream had to refuse %d requests: %q", seed, s.refused, story)
	}
	if s.served < 6*s.limit/3 {
		t.Errorf("seed %d: only %d requests were sent: %q", seed, s.served, story)
	}
}
