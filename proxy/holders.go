package proxy

import (
	"encoding/json"
	"slices"
	"sync"

	"perigee/proxy/ll2"
)

// maxHolders bounds the windows that are remembered for their objects.
const maxHolders = 1000

// holders remembers which windows hold objects, over restarts: that an object can
// be answered is not to be forgotten with the process. Of those that an earlier run
// fetched, or another replica has, nobody here knows which objects: they are read
// when one is asked for that they may hold, each once. It is safe for concurrent
// use.
type holders struct {
	save func([]byte) // nil: they are not kept

	mu   sync.Mutex // guards all below, and is held while saving
	list []holder   // the latest last
}

// holder is a window that holds objects of a schema, as far as is known.
type holder struct {
	key, schema string
	unread      bool
}

func newHolders(saved []byte, save func([]byte)) *holders {
	h := new(holders)
	h.load(saved)
	h.save = save
	return h
}

// load adds what was saved; what is of another version is none.
func (h *holders) load(saved []byte) {
	var keys []string
	if json.Unmarshal(saved, &keys) != nil {
		return
	}
	h.heardOf(keys...)
}

// HoldersOf returns Options.Holders for entries that were stored by others, from
// their keys.
func HoldersOf(keys []string) []byte {
	h := new(holders)
	h.heardOf(keys...)
	return h.saved()
}

// JoinHolders returns Options.Holders for all that several of them are of. What is
// one too many is missing from the first.
func JoinHolders(all ...[]byte) []byte {
	h := new(holders)
	for _, saved := range all {
		h.load(saved)
	}
	return h.saved()
}

// read notes a window whose objects are known, and reports whether it is new.
func (h *holders) read(key, schema string) bool {
	return h.note(holder{key: key, schema: schema})
}

// heardOf notes keys of which it is not known what is held under them.
func (h *holders) heardOf(keys ...string) {
	var all []holder
	for _, key := range keys {
		if res, ok := ll2.FromKey(key); ok && res.HasObjects() {
			all = append(all, holder{key: key, schema: res.ObjectSchema(), unread: true})
		}
	}
	h.note(all...)
}

// note has windows be the latest. If one of them is new, all are saved.
func (h *holders) note(latest ...holder) (news bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range latest {
		news = h.add(w) || news
	}
	if news && h.save != nil {
		h.save(h.saved())
	}
	return news
}

// add has one window be the latest, and reports whether it is new.
func (h *holders) add(latest holder) bool {
	i := slices.IndexFunc(h.list, func(w holder) bool { return w.key == latest.key })
	switch {
	case i >= 0:
		h.list = slices.Delete(h.list, i, i+1)
	case len(h.list) >= maxHolders:
		h.list = slices.Delete(h.list, 0, 1)
	}
	h.list = append(h.list, latest)
	return i < 0
}

func (h *holders) saved() []byte {
	keys := make([]string, len(h.list))
	for i, w := range h.list {
		keys[i] = w.key
	}
	data, err := json.Marshal(keys)
	if err != nil {
		panic(err) // strings always marshal
	}
	return data
}

// lost notes that a window is not held any more.
func (h *holders) lost(key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = slices.DeleteFunc(h.list, func(w holder) bool { return w.key == key })
}

// take returns the windows that are yet to be read for objects of a schema, or all,
// the latest first. They count as read.
func (h *holders) take(schema string, all bool) (keys []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range slices.Backward(h.list) {
		if w := &h.list[i]; w.schema == schema && (w.unread || all) {
			w.unread = false
			keys = append(keys, w.key)
		}
	}
	return keys
}
