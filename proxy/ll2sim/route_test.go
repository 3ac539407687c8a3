package ll2sim

import "testing"

func TestOldLinks(t *testing.T) {
	for _, tt := range []struct{ version, link, want string }{
		{"2.3.0", "/2.3.0/launches/x/", "/2.3.0/launches/x/"},
		{"2.2.0", "/2.3.0/launches/x/", "/2.2.0/launch/x/"},
		{"2.0.0", "/2.3.0/launcher_configurations/164/", "/2.0.0/config/launcher/164/"},
		{"2.2.0", "/2.3.0/spacecraft_flights/1/", "/2.2.0/spacecraft/flight/1/"},
		{"2.2.0", "/2.3.0/spacecraft/1/", "/2.2.0/spacecraft/1/"},
		{"2.2.0", "/2.3.0/events/", "/2.2.0/event/"},
		{"2.2.0", "/2.3.0/mission_patches/1/", "/2.2.0/mission_patches/1/"}, // had no name
	} {
		if got := pathIn(tt.version, tt.link); got != tt.want {
			t.Errorf("%s in %s = %s, want %s", tt.link, tt.version, got, tt.want)
		}
	}
}
