package ll2sim

import (
	"strings"

	"perigee/proxy/ll2/catalog"
)

// target is what a path of the API names.
type target struct {
	version  string
	endpoint *catalog.Endpoint // nil: the list of all endpoints
	id       string            // of an object, as in the path
}

// route finds what a decoded path names. All that exists ends with a slash.
func route(path string) (t target, ok bool) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok || !strings.HasSuffix(path, "/") {
		return target{}, false
	}
	version, rest, ok := strings.Cut(rest, "/")
	if !ok || version != catalog.Latest && !isOldVersion(version) {
		return target{}, false
	}
	t = target{version: version}
	if rest == "" {
		return t, true
	}
	if isOldVersion(version) {
		if rest, ok = renamed(rest); !ok {
			return target{}, false
		}
	}
	t.endpoint, t.id, ok = catalog.Find("/" + catalog.Latest + "/" + rest)
	return t, ok
}

// isThrottle reports whether t is the one endpoint that costs nothing.
func (t target) isThrottle() bool {
	return t.endpoint != nil && strings.HasSuffix(t.endpoint.Path, "/api-throttle/")
}

func isOldVersion(version string) bool {
	return version == "2.0.0" || version == "2.1.0" || version == "2.2.0"
}

// renaming is one list of the API by its name before version 2.3.0 and its name
// since. Names that did not change stand here too: others did not exist.
type renaming struct{ before, since string }

// renamings is a table, and a function only so that nobody can change it. The
// astronaut flights have no endpoint since; here they look like those of spacecraft.
func renamings() []renaming {
	return []renaming{
		{"agencies", "agencies"},
		{"api-throttle", "api-throttle"},
		{"astronaut", "astronauts"},
		{"config/agencytype", "config/agency_types"},
		{"config/astronautrole", "config/astronaut_roles"},
		{"config/astronautstatus", "config/astronaut_statuses"},
		{"config/astronauttype", "config/astronaut_types"},
		{"config/dockinglocation", "config/docking_locations"},
		{"config/eventtype", "config/event_types"},
		{"config/firststagetype", "config/first_stage_types"},
		{"config/landinglocation", "config/landing_locations"},
		{"config/launcher", "launcher_configurations"},
		{"config/launcherstatus", "config/launcher_statuses"},
		{"config/launchstatus", "config/launch_statuses"},
		{"config/missiontype", "config/mission_types"},
		{"config/noticetype", "config/notice_types"},
		{"config/orbit", "config/orbits"},
		{"config/roadclosurestatus", "config/road_closure_statuses"},
		{"config/spacecraft", "spacecraft_configurations"},
		{"config/spacecraftstatus", "config/spacecraft_statuses"},
		{"config/spacestationstatus", "config/space_station_statuses"},
		{"dashboard/starship", "dashboard/starship"},
		{"docking_event", "docking_events"},
		{"event", "events"},
		{"event/previous", "events/previous"},
		{"event/upcoming", "events/upcoming"},
		{"expedition", "expeditions"},
		{"landing", "landings"},
		{"launch", "launches"},
		{"launch/previous", "launches/previous"},
		{"launch/upcoming", "launches/upcoming"},
		{"launcher", "launchers"},
		{"location", "locations"},
		{"pad", "pads"},
		{"payload", "payloads"},
		{"program", "programs"},
		{"spacecraft", "spacecraft"},
		{"spacecraft/flight", "spacecraft_flights"},
		{"astronautflight", "spacecraft_flights"},
		{"spacestation", "space_stations"},
		{"spacewalk", "spacewalks"},
		{"updates", "updates"},
	}
}

// renamed returns the path that a path of an old version has since; neither has
// the version.
func renamed(path string) (string, bool) {
	return rename(path, func(r renaming) (from, to string) { return r.before, r.since })
}

// rename replaces the name of the list that a path, perhaps of an object, begins
// with. The first entry of the table goes first.
func rename(path string, direction func(renaming) (from, to string)) (string, bool) {
	name := strings.TrimSuffix(path, "/")
	parent, id := name, ""
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		parent, id = name[:i], name[i+1:]+"/"
	}
	for _, r := range renamings() {
		if from, to := direction(r); from == name {
			return to + "/", true
		}
	}
	for _, r := range renamings() {
		if from, to := direction(r); from == parent && id != "" {
			return to + "/" + id, true
		}
	}
	return "", false
}

// pathIn returns the path of a resource under another version, by its old name if
// it had one.
func pathIn(version, path string) string {
	if version == catalog.Latest {
		return path
	}
	rest := strings.TrimPrefix(path, "/"+catalog.Latest+"/")
	before, ok := rename(rest, func(r renaming) (from, to string) { return r.since, r.before })
	if ok {
		rest = before
	}
	return "/" + version + "/" + rest
}
