package app_test

import (
	"strings"
	"testing"

	"perigee/cache/valkey"
	"perigee/config"
)

// The settings are checked without what uses them. What one takes and the other
// refuses would end the program after it has told that its settings are good.
func TestSettingsAndClientAgreeOnValkeyURLs(t *testing.T) {
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
			_, _, settings := config.Load([]string{"PERIGEE_VALKEY_URL=" + url})
			client, err := valkey.New(valkey.Options{URL: url, Namespace: "n", Replica: "r"})
			if err == nil {
				client.Close()
			}
			if (settings == nil) != tt.good || (err == nil) != tt.good {
				t.Errorf("%s: settings %v, client %v, want it good: %t", url, settings, err, tt.good)
			}
		}
	}
}
