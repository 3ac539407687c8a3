package valkey

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

func TestParseURL(t *testing.T) {
	tests := []struct {
		url  string
		want redis.UniversalOptions
		tls  bool
	}{
		{"redis://host", redis.UniversalOptions{Addrs: []string{"host:6379"}}, false},
		{"redis://:pass@host:1/2", redis.UniversalOptions{Addrs: []string{"host:1"}, Password: "pass", DB: 2}, false},
		{"rediss://user:pa%40ss@[::1]:1", redis.UniversalOptions{Addrs: []string{"[::1]:1"}, Username: "user", Password: "pa@ss"}, true},
		{"unix:///run/valkey.sock", redis.UniversalOptions{Addrs: []string{"/run/valkey.sock"}}, false},
		{"unix://:pass@/run/valkey.sock", redis.UniversalOptions{Addrs: []string{"/run/valkey.sock"}, Password: "pass"}, false},
		{"redis://:pass@a?addr=b:1&addr=c", redis.UniversalOptions{
			IsClusterMode: true, Addrs: []string{"a:6379", "b:1", "c:6379"}, Password: "pass",
		}, false},
		{"redis://u:p@a/1?master_name=m&addr=b:1&username=v&password=q", redis.UniversalOptions{
			MasterName: "m", Addrs: []string{"a:26379", "b:1"}, DB: 1,
			SentinelUsername: "u", SentinelPassword: "p", Username: "v", Password: "q",
		}, false},
	}
	for _, tt := range tests {
		got, err := ParseURL(tt.url)
		if err != nil || !reflect.DeepEqual(got.options, tt.want) || got.TLS() != tt.tls {
			t.Errorf("%s: got (%+v, %v), want %+v", tt.url, got, err, tt.want)
		}
	}
}

func TestParseURLBad(t *testing.T) {
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
		{"redis://host:0", errURLPort},
		{"redis://host:65536", errURLPort},
		{"redis://host?addr=", errURLHost},
		{"redis://host?addr=x@" + secret, errURLHost},
		{"redis://host?addr=b:x", errURLHost}, // a port that is none seemed to be a part of the name
		{"redis://host?addr=::1", errURLHost},
		{"redis://a,b", errURLHost},
		{"unix://host/path", errURLSocket},
		{"unix://", errURLSocket},
		{"unix:///path?db=1", errURLSocket},
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

// TestParseURLForms has whatever a URL may look like, and must not.
func TestParseURLForms(t *testing.T) {
	for _, tt := range []struct {
		urls string
		good bool
	}{
		{`redis://host redis://host/ redis://host:1 redis://host:06379 redis://host: redis://host// redis://host/0 redis://host/15/
		redis://:pass@host:1/2 redis://user@host redis://user:pa%40ss@host REDIS://host rediss://host.example:6380/3
		redis://[::1] redis://[::1]:1/0 redis://10.0.0.1 redis://under_score redis://host? redis://host/%31
		unix:///run/valkey.sock unix://:pass@/run/valkey.sock unix:///
		redis://a?addr=b redis://:pass@a:1?addr=b:2&addr=c redis://a/?addr=b redis://a?addr=[::1]:1 redis://a?addr=b:
		redis://a?master_name=m redis://u:p@a/1?master_name=m&addr=b:1&username=v&password=q rediss://a?master_name=m&password=`, true},
		{`host host:6379 redis:host redis:///1 redis:// http://host https://host redis+unix:///x
		redis://:pass@:1 redis://host:0 redis://host:00 redis://host:65536 redis://host:x redis://host:-1 redis://host:+1
		redis://host#1 redis://h:p%zz@host redis://host/x redis://host/-1 redis://host/+1 redis://host/1/2 redis://host/65536
		redis://host/1?addr=other redis://host?addr= redis://host?addr=x@y redis://host?addr=b/1 redis://host?addr=:1 redis://host?addr=b:0
		redis://host?addr=b:x redis://host?addr=a%20b redis://host?addr=[::1 redis://host?addr=::1 redis://host?addr=b,c redis://a,b
		redis://host?db=1 redis://host?max_retries=3 redis://host?skip_verify=true redis://host?password=p
		redis://host?master_name=a&master_name=b redis://host?master_name=m&password=p&password=q redis://host?%zz redis://host?a=b;c=d
		unix:// unix://host/path unix://localhost/run/x unix:///path?db=1 unix:///path?addr=b unix:run/x`, false},
	} {
		for url := range strings.FieldsSeq(tt.urls) {
			if _, err := ParseURL(url); (err == nil) != tt.good {
				t.Errorf("%s: got error %v, want it good: %t", url, err, tt.good)
			}
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
	}
	for _, tt := range tests {
		o := good
		tt.spoil(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: got no error", tt.name)
		}
	}
}
