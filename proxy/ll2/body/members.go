package body

import (
	"encoding/json"
	"maps"
	"slices"
)

// members returns the members of a JSON object; nil if it is none.
func members(body []byte) map[string]json.RawMessage {
	var all map[string]json.RawMessage
	if json.Unmarshal(body, &all) != nil {
		return nil
	}
	return all
}

// ShareMembers reports whether two bodies are of one kind, as far as can be told from
// outside: JSON objects of which at least one member has the same name in both, or of
// which one has no members, or none of them an object.
func ShareMembers(a, b []byte) bool {
	first, second := members(a), members(b)
	if first == nil || second == nil {
		return (first == nil) == (second == nil)
	}
	for name := range first {
		if _, ok := second[name]; ok {
			return true
		}
	}
	return len(first) == 0
}

// errorMembers are those by which an error document is known: of Django REST
// Framework (detail), and of what stands in front of servers.
var errorMembers = []string{"code", "detail", "error", "errors", "message", "status", "title", "type"}

// IsErrorDocument reports whether a body is a JSON object that says nothing but that
// something went wrong, or nothing at all, or no object. No object or document of the
// API is like that.
func IsErrorDocument(body []byte) bool {
	all := members(body)
	return !slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(name string) bool {
		return !slices.Contains(errorMembers, name)
	})
}
