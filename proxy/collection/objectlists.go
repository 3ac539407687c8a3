package collection

import (
	"encoding/json"
	"slices"
	"sync"

	"perigee/proxy/ll2"
)

// maxObjectLists bounds the windows that are remembered for their objects.
const maxObjectLists = 1000

// objectLists remembers which windows have objects, over restarts: that an object
// can be answered is not to be forgotten with the process. Of those that an earlier
// run fetched, or another replica has, nobody here knows which objects: they are
// read when one is asked for that they may have, each once. It is safe for
// concurrent use.
type objectLists struct {
	save func([]byte) // nil: they are not kept

	mu   sync.Mutex // guards list, and is held while saving
	list []objectList
}

// objectList is a window that has objects of a schema, as far as is known.
type objectList struct {
	key, schema string
	unread      bool
}

func newObjectLists(saved []byte, save func([]byte)) *objectLists {
	l := new(objectLists)
	l.load(saved)
	l.save = save
	return l
}

// load adds what was saved; what is of another version is none.
func (l *objectLists) load(saved []byte) {
	var keys []string
	if json.Unmarshal(saved, &keys) == nil {
		l.heardOf(keys...)
	}
}

// SavedObjectLists returns Options.ObjectLists for entries that were stored by
// others, from their keys.
func SavedObjectLists(keys []string) []byte {
	l := new(objectLists)
	l.heardOf(keys...)
	return l.saved()
}

// JoinObjectLists returns Options.ObjectLists for all that several of them name.
// What is one too many is missing from the first.
func JoinObjectLists(all ...[]byte) []byte {
	l := new(objectLists)
	for _, saved := range all {
		l.load(saved)
	}
	return l.saved()
}

// read notes a window whose objects are known, and reports whether it is new.
func (l *objectLists) read(key, schema string) (added bool) {
	return l.note(objectList{key: key, schema: schema})
}

// heardOf notes keys of which it is not known what is cached under them.
func (l *objectLists) heardOf(keys ...string) {
	var all []objectList
	for _, key := range keys {
		if res, ok := ll2.FromKey(key); ok && res.HasObjects() {
			all = append(all, objectList{key: key, schema: res.ObjectSchema(), unread: true})
		}
	}
	l.note(all...)
}

// note has windows be the latest. If one of them is new, all are saved.
func (l *objectLists) note(latest ...objectList) (added bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range latest {
		added = l.add(w) || added
	}
	if added && l.save != nil {
		l.save(l.saved())
	}
	return added
}

// add has one window be the latest, and reports whether it is new.
func (l *objectLists) add(latest objectList) bool {
	i := slices.IndexFunc(l.list, func(w objectList) bool { return w.key == latest.key })
	switch {
	case i >= 0:
		l.list = slices.Delete(l.list, i, i+1)
	case len(l.list) >= maxObjectLists:
		l.list = slices.Delete(l.list, 0, 1)
	}
	l.list = append(l.list, latest)
	return i < 0
}

func (l *objectLists) saved() []byte {
	keys := make([]string, len(l.list))
	for i, w := range l.list {
		keys[i] = w.key
	}
	data, err := json.Marshal(keys)
	if err != nil {
		panic(err) // strings always marshal
	}
	return data
}

// lost notes that a window is not cached any more.
func (l *objectLists) lost(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = slices.DeleteFunc(l.list, func(w objectList) bool { return w.key == key })
}

// take returns the windows that are yet to be read for objects of a schema, or all
// of them, the latest first. They count as read.
func (l *objectLists) take(schema string, all bool) (keys []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range slices.Backward(l.list) {
		if w := &l.list[i]; w.schema == schema && (w.unread || all) {
			w.unread = false
			keys = append(keys, w.key)
		}
	}
	return keys
}
