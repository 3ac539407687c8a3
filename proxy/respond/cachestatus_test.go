package respond

import (
	"strings"
	"testing"
	"time"

	"github.com/dunglas/httpsfv"
	"pgregory.net/rapid"
)

func TestString(t *testing.T) {
	ttl := func(m Member, seconds int64) Member {
		m.TTL, m.HasTTL = seconds, true
		return m
	}
	for _, tt := range []struct {
		rule, name string
		m          Member
		want       string
	}{
		{"2", "nothing to say", Member{}, `Perigee`},
		{"2.1", "hit", Member{Hit: true}, `Perigee;hit`},
		{"2.2", "bypass", Member{Fwd: FwdBypass}, `Perigee;fwd=bypass`},
		{"2.2", "method", Member{Fwd: FwdMethod}, `Perigee;fwd=method`},
		{"2.2", "uri-miss", Member{Fwd: FwdURIMiss}, `Perigee;fwd=uri-miss`},
		{"2.2", "vary-miss", Member{Fwd: FwdVaryMiss}, `Perigee;fwd=vary-miss`},
		{"2.2", "miss", Member{Fwd: FwdMiss}, `Perigee;fwd=miss`},
		{"2.2", "request", Member{Fwd: FwdRequest}, `Perigee;fwd=request`},
		{"2.2", "stale", Member{Fwd: FwdStale}, `Perigee;fwd=stale`},
		{"2.2", "partial", Member{Fwd: FwdPartial}, `Perigee;fwd=partial`},
		{"2.2", "a hit is not forwarded", Member{Hit: true, Fwd: FwdStale}, `Perigee;hit`},
		{"2.2", "no such value", Member{Fwd: 200}, `Perigee`},
		{"2.3", "status", Member{Fwd: FwdStale, FwdStatus: 304}, `Perigee;fwd=stale;fwd-status=304`},
		{"2.3", "status of no next hop", Member{Hit: true, FwdStatus: 200}, `Perigee;hit`},
		{"2.3", "no status", Member{Fwd: FwdMiss, FwdStatus: 1000}, `Perigee;fwd=miss`},
		{"2.3", "no status", Member{Fwd: FwdMiss, FwdStatus: -200}, `Perigee;fwd=miss`},
		{"2.4", "fresh", ttl(Member{Hit: true}, 376), `Perigee;hit;ttl=376`},
		{"2.4", "no longer fresh", ttl(Member{Hit: true}, -412), `Perigee;hit;ttl=-412`},
		{"2.4", "just now stale", ttl(Member{Hit: true}, 0), `Perigee;hit;ttl=0`},
		{"2.4", "not said", Member{Hit: true, TTL: 5}, `Perigee;hit`},
		{"2.4", "of a forwarded answer", ttl(Member{Fwd: FwdURIMiss, Stored: true}, 60), `Perigee;fwd=uri-miss;stored;ttl=60`},
		{"RFC 9651, 3.3.1", "more than an Integer holds", ttl(Member{Hit: true}, 1<<62), `Perigee;hit;ttl=999999999999999`},
		{"RFC 9651, 3.3.1", "less than an Integer holds", ttl(Member{Hit: true}, -1<<63), `Perigee;hit;ttl=-999999999999999`},
		{"2.5", "stored", Member{Fwd: FwdMiss, Stored: true}, `Perigee;fwd=miss;stored`},
		{"2.5", "a hit is not stored again", Member{Hit: true, Stored: true}, `Perigee;hit`},
		{"2.6", "collapsed", Member{Fwd: FwdURIMiss, Collapsed: true}, `Perigee;fwd=uri-miss;collapsed`},
		{"2.6", "a hit is not collapsed", Member{Hit: true, Collapsed: true}, `Perigee;hit`},
		{"2.7", "key", Member{Hit: true, Key: "/2.3.0/spacecraft/?limit=5"}, `Perigee;hit;key="/2.3.0/spacecraft/?limit=5"`},
		{"2.7", "key with quotes", Member{Hit: true, Key: `a"b\c`}, `Perigee;hit;key="a\"b\\c"`},
		{"2.7", "key with more than ASCII", Member{Hit: true, Key: "/é\xff"}, `Perigee;hit;key="/%C3%A9%FF"`},
		{"2.7", "key with controls", Member{Hit: true, Key: "a\r\nSet-Cookie: b\x7f"}, `Perigee;hit;key="a%0D%0ASet-Cookie: b%7F"`},
		{"2.7", "key with escapes of its own", Member{Hit: true, Key: "/%C3%A9"}, `Perigee;hit;key="/%C3%A9"`},
		{"2.8", "detail, a token", Member{Detail: "quota"}, `Perigee;detail=quota`},
		{"2.8", "detail, a string", Member{Detail: "no quota"}, `Perigee;detail="no quota"`},
		{"2.8", "detail, begins with a digit", Member{Detail: "429"}, `Perigee;detail="429"`},
		{"2.8", "detail with more than ASCII", Member{Detail: "über"}, `Perigee;detail="%C3%BCber"`},
		{"2", "all of it", ttl(Member{Fwd: FwdStale, FwdStatus: 200, Stored: true, Collapsed: true, Key: "k", Detail: "d"}, 9),
			`Perigee;fwd=stale;fwd-status=200;stored;collapsed;key="k";detail=d;ttl=9`},
	} {
		t.Run(tt.rule+" "+tt.name, func(t *testing.T) {
			if got := tt.m.String(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestAppend(t *testing.T) {
	hit := Member{Hit: true, TTL: 545, HasTTL: true}
	const ours = `Perigee;hit;ttl=545`
	for _, tt := range []struct {
		name     string
		existing []string
		want     string
	}{
		{"no other cache", nil, ours},
		{"an empty line", []string{"", " \t"}, ours},
		{"one", []string{`OriginCache; hit; ttl=1100`}, `OriginCache; hit; ttl=1100, ` + ours},
		{"several", []string{`A; hit, "B C"; fwd=miss`}, `A; hit, "B C"; fwd=miss, ` + ours},
		{"on several lines", []string{`A; hit`, "", `  B  `}, `A; hit, B, ` + ours},
		{"with parameters of its own", []string{`A; hit; x-rack=(1)`}, ours}, // no parameter can be a list
		{"with other parameters", []string{`A; hit; x-rack=1.5`}, `A; hit; x-rack=1.5, ` + ours},
		{"not a list", []string{`HIT from A`}, ours},
		{"not closed", []string{`"A`}, ours},
		{"a comma too many", []string{`A,`}, ours},
		{"more than ASCII", []string{`Ä; hit`}, ours},
		{"one good line, one bad", []string{`A; hit`, `;`}, ours},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := hit.Append(tt.existing); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if got := hit.Prepare(tt.existing).Field(545 * time.Second); got != tt.want {
				t.Errorf("prepared: got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestWholeSeconds(t *testing.T) {
	for _, tt := range []struct {
		d    time.Duration
		want int64
	}{
		{time.Minute, 60},
		{1999 * time.Millisecond, 1},
		{time.Nanosecond, 0},
		{0, 0},
		{-time.Nanosecond, -1},
		{-time.Second, -1},
		{-1001 * time.Millisecond, -2},
		{-1 << 63, -9223372037},
	} {
		t.Run(tt.d.String(), func(t *testing.T) {
			if got := wholeSeconds(tt.d); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

// members generates anything a caller could put into a Member.
func members() *rapid.Generator[Member] {
	return rapid.Custom(func(t *rapid.T) Member {
		return Member{
			Hit:       rapid.Bool().Draw(t, "hit"),
			Fwd:       Fwd(rapid.IntRange(0, int(endOfFwd)).Draw(t, "fwd")),
			FwdStatus: rapid.OneOf(rapid.Just(0), rapid.IntRange(100, 599), rapid.Int()).Draw(t, "status"),
			Stored:    rapid.Bool().Draw(t, "stored"),
			Collapsed: rapid.Bool().Draw(t, "collapsed"),
			TTL:       rapid.Int64().Draw(t, "ttl"),
			HasTTL:    rapid.Bool().Draw(t, "has ttl"),
			Key:       rapid.String().Draw(t, "key"),
			Detail:    rapid.OneOf(rapid.StringMatching(`[a-z-]{0,12}`), rapid.String()).Draw(t, "detail"),
		}
	})
}

// said is what a reader can learn of m.
func said(m Member) Member {
	if m.Hit || m.Fwd >= endOfFwd {
		m.Fwd = NotForwarded
	}
	if m.Fwd == NotForwarded || m.FwdStatus < 100 || m.FwdStatus > 999 {
		m.FwdStatus = 0
	}
	m.Stored = m.Stored && m.Fwd != NotForwarded
	m.Collapsed = m.Collapsed && m.Fwd != NotForwarded
	m.TTL = clampInteger(m.TTL)
	if !m.HasTTL {
		m.TTL = 0
	}
	m.Key, m.Detail = printable(m.Key), printable(m.Detail)
	return m
}

// TestEveryMemberIsReadBack: whatever is said is a structured list that says it,
// behind the members that were there.
func TestEveryMemberIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := members().Draw(t, "m")
		existing := rapid.SampledFrom([][]string{nil, {"A;hit"}, {"A", `"B";fwd=miss`}, {"(A B)"}, {"no list"}}).Draw(t, "existing")
		field := m.Append(existing)
		list, err := httpsfv.UnmarshalList([]string{field})
		if err != nil {
			t.Fatalf("%q is no structured list: %v", field, err)
		}
		others, _ := httpsfv.UnmarshalList(existing)
		if got, want := len(list), len(others)+1; got != want {
			t.Errorf("%q has %d members, want %d", field, got, want)
		}
		got, err := parseMember(list[len(list)-1])
		if want := (cacheMember{cacheName, said(m)}); err != nil || got != want {
			t.Errorf("%q says %+v, %v, want %+v", field, got, err, want)
		}
	})
}

// TestPreparedIsTheSame: both ways to write a field come to the same text.
func TestPreparedIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := members().Draw(t, "m")
		existing := rapid.SampledFrom([][]string{nil, {"A;hit"}, {"A", "B"}, {"no list"}}).Draw(t, "existing")
		ttl := rapid.Int64().Draw(t, "ttl of the hit")
		prepared := m.Prepare(existing)
		m.TTL, m.HasTTL = ttl, true
		want := m.Append(existing)
		if got := prepared.field(ttl); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// TestFieldIsOneLine: nothing a request can put into a key gets out of the field.
func TestFieldIsOneLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		field := members().Draw(t, "m").String()
		if i := strings.IndexFunc(field, func(c rune) bool { return c < ' ' || c > '~' }); i >= 0 {
			t.Errorf("byte %d of %q is not printable ASCII", i, field)
		}
	})
}
