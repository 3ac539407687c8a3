package respond

import (
	"errors"
	"slices"
	"testing"
)

// TestExamples has the examples of RFC 9211 §3, in its order.
func TestExamples(t *testing.T) {
	named := func(name string, m Member) cacheMember { return cacheMember{name, m} }
	for _, tt := range []struct {
		name, field string
		want        []cacheMember
	}{
		{"minimal hit", `ExampleCache; hit`, []cacheMember{named("ExampleCache", Member{Hit: true})}},
		{"polite hit", `ExampleCache; hit; ttl=376`, []cacheMember{named("ExampleCache", Member{Hit: true, TTL: 376, HasTTL: true})}},
		{"stale hit", `ExampleCache; hit; ttl=-412`, []cacheMember{named("ExampleCache", Member{Hit: true, TTL: -412, HasTTL: true})}},
		{"complete miss", `ExampleCache; fwd=uri-miss`, []cacheMember{named("ExampleCache", Member{Fwd: FwdURIMiss})}},
		{"validated", `ExampleCache; fwd=stale; fwd-status=304`, []cacheMember{named("ExampleCache", Member{Fwd: FwdStale, FwdStatus: 304})}},
		{"collapsed", `ExampleCache; fwd=uri-miss; collapsed`, []cacheMember{named("ExampleCache", Member{Fwd: FwdURIMiss, Collapsed: true})}},
		{"not collapsed", `ExampleCache; fwd=uri-miss; collapsed=?0`, []cacheMember{named("ExampleCache", Member{Fwd: FwdURIMiss})}},
		{"two layers", `OriginCache; hit; ttl=1100, "CDN Company Here"; hit; ttl=545`, []cacheMember{
			named("OriginCache", Member{Hit: true, TTL: 1100, HasTTL: true}),
			named("CDN Company Here", Member{Hit: true, TTL: 545, HasTTL: true}),
		}},
		{"three layers", `ReverseProxyCache; hit, ForwardProxyCache; fwd=uri-miss; collapsed; stored, BrowserCache; fwd=uri-miss`, []cacheMember{
			named("ReverseProxyCache", Member{Hit: true}),
			named("ForwardProxyCache", Member{Fwd: FwdURIMiss, Collapsed: true, Stored: true}),
			named("BrowserCache", Member{Fwd: FwdURIMiss}),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parse([]string{tt.field})
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

func TestParseCacheStatus(t *testing.T) {
	for _, tt := range []struct {
		rule, name string
		lines      []string
		want       []cacheMember // nil: invalid
	}{
		{"2", "no field", nil, []cacheMember{}},
		{"2", "on several lines", []string{"A;hit", "B"}, []cacheMember{{"A", Member{Hit: true}}, {"B", Member{}}}},
		{"2", "no list", []string{"HIT from A"}, nil},
		{"2", "an inner list", []string{"(A B)"}, nil},
		{"2", "a number", []string{"5;hit"}, nil},
		{"2.1", "hit=?0", []string{"A;hit=?0"}, []cacheMember{{"A", Member{}}}},
		{"2.1", "hit of another type", []string{"A;hit=1"}, nil},
		{"2.2", "hit and fwd", []string{"A;hit;fwd=miss"}, nil},
		{"2.2", "fwd and hit", []string{"A;fwd=miss;hit"}, nil},
		{"2.2", "fwd and no hit", []string{"A;hit=?0;fwd=miss"}, []cacheMember{{"A", Member{Fwd: FwdMiss}}}},
		{"2.2", "unknown fwd", []string{"A;fwd=why-not"}, nil},
		{"2.2", "hit is no fwd", []string{"A;fwd=hit"}, nil},
		{"2.2", "fwd of another type", []string{`A;fwd="miss"`}, nil},
		{"2.3", "fwd-status of another type", []string{"A;fwd=miss;fwd-status=2.5"}, nil},
		{"2.4", "ttl of another type", []string{"A;ttl=5.0"}, nil},
		{"2.5", "stored of another type", []string{"A;stored=yes"}, nil},
		{"2.6", "collapsed of another type", []string{"A;collapsed=1"}, nil},
		{"2.7", "key", []string{`A;key="k"`}, []cacheMember{{"A", Member{Key: "k"}}}},
		{"2.7", "key of another type", []string{"A;key=k"}, nil},
		{"2.8", "detail, a token", []string{"A;detail=d"}, []cacheMember{{"A", Member{Detail: "d"}}}},
		{"2.8", "detail, a string", []string{`A;detail="d e"`}, []cacheMember{{"A", Member{Detail: "d e"}}}},
		{"2.8", "detail of another type", []string{"A;detail=5"}, nil},
		{"4", "a parameter of its own", []string{"ExampleCache; hit; example.com_foo=1"}, []cacheMember{{"ExampleCache", Member{Hit: true}}}},
	} {
		t.Run(tt.rule+" "+tt.name, func(t *testing.T) {
			got, err := parse(tt.lines)
			if tt.want == nil {
				if !errors.Is(err, errInvalid) {
					t.Errorf("got %+v, %v, want an errInvalid", got, err)
				}
				return
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

// FuzzCacheStatus expects that our member can be written behind anything and be read,
// and that what was read of others is read again when it is written.
func FuzzCacheStatus(f *testing.F) {
	for _, seed := range []string{
		"", "A", "A;hit;ttl=-5", `"A B";fwd=miss;stored;collapsed=?0;key="k\"";detail=d`, "(A B)", "A;hit,", "A,B;x=@5",
		`A;detail=%"%c3%bc"`, "A;ttl=999999999999999", "\tA", "A;x=:AA==:", "A;x=1.500",
	} {
		f.Add(seed, "key", int64(5))
	}
	f.Fuzz(func(t *testing.T, existing, key string, ttl int64) {
		ours := Member{Hit: true, Key: key, TTL: ttl, HasTTL: true}
		field := ours.Append([]string{existing})
		if prepared := ours.Prepare([]string{existing}).field(ttl); prepared != field {
			t.Errorf("got %q, but prepared %q", field, prepared)
		}
		if caches, err := parse([]string{ours.String()}); err != nil || caches[0] != (cacheMember{cacheName, said(ours)}) {
			t.Errorf("%q says %+v, %v", ours.String(), caches, err)
		}
		others, err := parse([]string{existing})
		if err != nil {
			return
		}
		all, err := parse([]string{field})
		if err != nil || !slices.Equal(all, append(others, cacheMember{cacheName, said(ours)})) {
			t.Errorf("%q behind %q says %+v, %v", field, existing, all, err)
		}
		for _, other := range others {
			again, err := parse([]string{other.Member.String()})
			if err != nil || again[0].Member != said(other.Member) {
				t.Errorf("%+v is read back as %+v, %v", other.Member, again, err)
			}
		}
	})
}
