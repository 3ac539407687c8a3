package cachetest

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"perigee/cache"
)

// faulty is a correct tier but for the methods that are set.
type faulty struct {
	*reference
	get func(cache.Key) (*cache.Entry, bool)
	put func(*cache.Entry) error
	del func(cache.Key) error
	end func() error
}

func (f *faulty) Get(key cache.Key) (*cache.Entry, bool) {
	if f.get != nil {
		return f.get(key)
	}
	return f.reference.Get(key)
}

func (f *faulty) Put(e *cache.Entry) error {
	if f.put != nil && e != nil {
		return f.put(e)
	}
	return f.reference.Put(e)
}

func (f *faulty) Delete(key cache.Key) error {
	if f.del != nil {
		return f.del(key)
	}
	return f.reference.Delete(key)
}

func (f *faulty) Close() error {
	if f.end != nil {
		return f.end()
	}
	return f.reference.Close()
}

func missesWithEntry(f *faulty) {
	f.get = func(cache.Key) (*cache.Entry, bool) { return new(cache.Entry), false }
}

func forgetsSilently(f *faulty) {
	f.put = func(*cache.Entry) error { return nil }
}

func joinsHeaderLines(f *faulty) {
	f.put = func(e *cache.Entry) error {
		joined := *e
		joined.Header = make(http.Header)
		for name, values := range e.Header {
			joined.Header.Set(name, strings.Join(values, ", "))
		}
		return f.reference.Put(&joined)
	}
}

func judgesFreshness(f *faulty) {
	f.get = func(key cache.Key) (*cache.Entry, bool) {
		e, ok := f.reference.Get(key)
		if !ok || e.State(day.Add(time.Minute)) == cache.Dead {
			return nil, false
		}
		return e, true
	}
}

func keepsTheFirst(f *faulty) {
	f.put = func(e *cache.Entry) error {
		if _, ok := f.reference.Get(e.Key); ok {
			return nil
		}
		return f.reference.Put(e)
	}
}

func keepsTheTail(f *faulty) {
	f.put = func(e *cache.Entry) error {
		if old, ok := f.reference.Get(e.Key); ok && len(old.Body) > len(e.Body) {
			longer := *e
			longer.Body = append(e.Body, old.Body[len(e.Body):]...)
			e = &longer
		}
		return f.reference.Put(e)
	}
}

func trimsKeys(f *faulty) {
	f.get = func(key cache.Key) (*cache.Entry, bool) { return f.reference.Get(strings.TrimSpace(key)) }
}

func neverDeletes(f *faulty) {
	f.del = func(cache.Key) error { return nil }
}

func neverRevives(f *faulty) {
	deleted := make(map[cache.Key]bool)
	f.del = func(key cache.Key) error {
		deleted[key] = true
		return nil
	}
	f.get = func(key cache.Key) (*cache.Entry, bool) {
		if deleted[key] {
			return nil, false
		}
		return f.reference.Get(key)
	}
}

func overwritesInPlace(f *faulty) {
	f.put = func(e *cache.Entry) error {
		if old, ok := f.reference.Get(e.Key); ok {
			*old = *e
			return nil
		}
		return f.reference.Put(e)
	}
}

func takesAnything(f *faulty) {
	f.put = func(*cache.Entry) error { return nil }
}

func staysOpen(f *faulty) {
	f.end = func() error { return nil }
}

func flipsBits(f *faulty) {
	f.get = func(key cache.Key) (*cache.Entry, bool) {
		e, ok := f.reference.Get(key)
		if !ok || !strings.HasPrefix(key, "shared") {
			return e, ok
		}
		flipped := *e
		flipped.Body = []byte("something else")
		return &flipped, true
	}
}

func closesRudely(f *faulty) {
	f.put = func(e *cache.Entry) error {
		err := f.reference.Put(e)
		if errors.Is(err, cache.ErrClosed) {
			return errors.New("broken pipe")
		}
		return err
	}
}
