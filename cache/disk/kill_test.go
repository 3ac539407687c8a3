package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"perigee/cache"
	"perigee/cache/cachetest"
)

const (
	kills       = 100    // ten with -short
	killWrites  = 10_000 // over all of them, on average; a tenth with -short
	killWriters = 4
)

// killCounts returns how often to kill, and after how many writes on average.
func killCounts() (rounds, writesEach int) {
	if testing.Short() {
		return kills / 10, killWrites / kills
	}
	return kills, killWrites / kills
}

// killed returns the entry of a key and a version, with a body of any size.
func killed(key cache.Key, version int) *cache.Entry {
	return cachetest.Entry(key, version, version*7919%12_000)
}

// TestKill has a process store entries and tell of each that is stored, kills it
// at some moment, and starts the next on the same folder. What one has reported
// must be there, at least in that version, and whole.
func TestKill(t *testing.T) {
	rounds, writesEach := killCounts()
	dir := t.TempDir()
	stored := make(map[cache.Key]int)
	writes := 0
	for round := range rounds {
		latest, told := oneLife(t, dir, round, rand.IntN(2*writesEach+1))
		writes += told
		tier := open(t, Options{Dir: dir})
		for key, version := range latest {
			stored[key] = version
			wantVersion(t, tier, key, version)
		}
		tier.Close()
		if t.Failed() {
			t.FailNow()
		}
	}
	tier := openWalked(t, Options{Dir: dir, Now: func() time.Time { return time.Now().Add(2 * tempLife) }})
	for key, version := range stored {
		wantVersion(t, tier, key, version)
	}
	if got := tier.Stats(); got.Damaged != 0 || got.Entries < len(stored) {
		t.Errorf("got %+v, want none damaged and at least %d", got, len(stored))
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*", tempPrefix+"*")); err != nil || len(left) != 0 {
		t.Errorf("got (%q, %v), want nothing left behind", left, err)
	}
	t.Logf("%d kills over %d writes, of %d keys", rounds, writes, len(stored))
	if writes < rounds*writesEach/2 {
		t.Errorf("got %d writes: the test is too small", writes)
	}
}

// oneLife runs a process and kills it when it has told of that many writes. It
// returns the latest version of each key that it told of, and how many that was:
// some more may have been on their way.
func oneLife(t *testing.T, dir string, round, life int) (latest map[cache.Key]int, told int) {
	t.Helper()
	c := startChild(t, roleWriter, dir, fmt.Sprint(round))
	latest = make(map[cache.Key]int)
	for ; ; told++ {
		if told == life {
			if err := c.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		line, err := c.stdout.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		var key cache.Key
		var version int
		if err == nil {
			_, err = fmt.Sscanf(line, "%s %d\n", &key, &version)
		}
		if err != nil {
			t.Fatalf("read: %v: %q", err, line)
		}
		latest[key] = version
	}
	if output, err := c.wait(); len(output) != 0 || c.cmd.ProcessState.Exited() {
		t.Fatalf("it ended by itself: %v: %s", err, output)
	}
	return latest, told
}

func wantVersion(t *testing.T, tier *Tier, key cache.Key, version int) {
	t.Helper()
	e, ok := tier.Get(key)
	if !ok {
		t.Errorf("got a miss for %s, which is stored", key)
		return
	}
	var got int
	if _, err := fmt.Sscan(e.Header.Get("X-Seed"), &got); err != nil || got < version {
		t.Errorf("%s: got version %d (%v), want %d or later", key, got, err, version)
	}
	want := killed(key, got)
	if !bytes.Equal(e.Body, want.Body) || !reflect.DeepEqual(e.Header, want.Header) {
		t.Errorf("%s: got something else than version %d", key, got)
	}
}

// writer is the process: it stores entries until it is killed. Some are new,
// some replace what others stored before it. Each key has one writer.
func writer(dir, round string) error {
	tier, err := New(Options{Dir: dir, Timeout: time.Minute})
	if err != nil {
		return err
	}
	var base int
	if _, err := fmt.Sscan(round, &base); err != nil {
		return err
	}
	var all sync.WaitGroup
	failed := make(chan error, killWriters)
	for worker := range killWriters {
		all.Go(func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("round%s/worker%d/%d", round, worker, i)
				if i%3 == 0 {
					key = fmt.Sprintf("shared/worker%d/%d", worker, i%5)
				}
				e := killed(key, base*1_000_000+i)
				if err := tier.Put(e); err != nil {
					failed <- err
					return
				}
				// In one write, so that lines stay whole.
				fmt.Fprintf(os.Stdout, "%s %s\n", key, e.Header.Get("X-Seed"))
			}
		})
	}
	return <-failed
}
