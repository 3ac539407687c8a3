package valkey

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParsePlace(t *testing.T) {
	tests := []struct {
		url  string
		want place
	}{
		{"redis://host", place{addrs: []string{"host:6379"}}},
		{"redis://:pass@host:1/2", place{addrs: []string{"host:1"}, password: "pass", db: 2}},
		{"rediss://user:pa%40ss@[::1]:1", place{addrs: []string{"[::1]:1"}, user: "user", password: "pa@ss", tls: true}},
		{"unix:///run/valkey.sock", place{network: "unix", addrs: []string{"/run/valkey.sock"}}},
		{"unix://:pass@/run/valkey.sock", place{network: "unix", addrs: []string{"/run/valkey.sock"}, password: "pass"}},
		{"redis://:pass@a?addr=b:1&addr=c", place{form: cluster, addrs: []string{"a:6379", "b:1", "c:6379"}, password: "pass"}},
		{"redis://u:p@a/1?master_name=m&addr=b:1&username=v&password=q", place{
			form: sentinel, addrs: []string{"a:26379", "b:1"}, master: "m", db: 1,
			sentinelUser: "u", sentinelPassword: "p", user: "v", password: "q",
		}},
	}
	for _, tt := range tests {
		if tt.want.network == "" {
			tt.want.network = "tcp"
		}
		got, err := parsePlace(tt.url)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got (%+v, %v), want %+v", tt.url, got, err, tt.want)
		}
	}
}

func TestParsePlaceBad(t *testing.T) {
	const secret = "5ecr3t"
	tests := []struct {
		url  string
		want error
	}{
		{"", errURLScheme},
		{"host:6379", errURLForm},
		{"redis:host", errURLForm},
		{"redis://h:" + secret + "%zz@host", errURLForm},
		{"redis://host#" + secret, errURLForm},
		{"http://" + secret + "@host", errURLScheme},
		{"redis://", errURLHost},
		{"redis://:" + secret + "@:1", errURLHost},
		{"redis://host:0", errURLHost},
		{"redis://host:65536", errURLHost},
		{"redis://host?addr=", errURLHost},
		{"redis://host?addr=x@" + secret, errURLHost},
		{"redis://host?addr=b:x", errURLHost}, // a port that is none seemed to be a part of the name
		{"redis://host?addr=::1", errURLHost},
		{"redis://a,b", errURLHost},
		{"unix://host/path", errURLHost},
		{"unix://", errURLHost},
		{"unix:///path?db=1", errURLQuery},
		{"redis://host/x", errURLPath},
		{"redis://host/1/2", errURLPath},
		{"redis://host/1?addr=other", errURLPath},
		{"redis://host?max_retries=3", errURLQuery},
		{"redis://host?skip_verify=true", errURLQuery},
		{"redis://host?read_timeout=1h", errURLQuery},
		{"redis://host?password=" + secret, errURLQuery},
		{"redis://host?master_name=a&master_name=b", errURLQuery},
		{"redis://host?%zz", errURLQuery},
	}
	for _, tt := range tests {
		_, err := New(Options{URL: tt.url, Namespace: "n", Replica: "r"})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got error %v, want %v", tt.url, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error tells the secret: %v", tt.url, err)
		}
	}
}

func TestOptions(t *testing.T) {
	good := Options{URL: "redis://host", Namespace: "n", Replica: "r"}
	if c, err := New(good); err != nil {
		t.Errorf("got error %v", err)
	} else {
		c.Close() // also if it was never started
	}
	tests := []struct {
		name  string
		spoil func(*Options)
	}{
		{"no namespace", func(o *Options) { o.Namespace = "" }},
		{"a brace in the namespace", func(o *Options) { o.Namespace = "a}b" }},
		{"a long namespace", func(o *Options) { o.Namespace = strings.Repeat("n", maxNamespace+1) }},
		{"no replica", func(o *Options) { o.Replica = "" }},
		{"a space in the replica", func(o *Options) { o.Replica = "a b" }},
		{"a negative timeout", func(o *Options) { o.Timeout = -1 }},
		{"a lease of no length", func(o *Options) { o.Lease = time.Millisecond }},
	}
	for _, tt := range tests {
		o := good
		tt.spoil(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: got no error", tt.name)
		}
	}
}
