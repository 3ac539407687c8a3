package ll2sim

import (
	"time"
)

// starship is the body of /dashboard/starship/: what is next and what was last.
func (s *store) starship(now time.Time) object {
	next := func(set string, past bool) list {
		l := list{}
		for _, r := range s.set(set).rows {
			if r.when.After(now) != past && len(l) < 3 {
				l = append(l, r.base)
			}
		}
		return l
	}
	return object{
		{"upcoming", object{{"launches", next("launches", false)}, {"events", next("events", false)}}},
		{"previous", object{{"launches", next("launches", true)}, {"events", next("events", true)}}},
		{"live_streams", list{}},
		{"road_closures", list{}},
		{"notices", list{}},
	}
}
