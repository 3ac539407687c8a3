package dataset

import "slices"

// entity is something that elements belong to.
type entity struct {
	id           int
	name, abbrev string
}

// vocabulary is the entities that go by some names in the elements.
type vocabulary struct {
	names    []string // members of elements
	list     string   // where the entities have objects of their own; empty: nowhere
	entities []entity
}

// lexicon is all vocabularies.
type lexicon []vocabulary

// newLexicon returns the table of vocabularies. Where entities is nil they are
// made up.
func newLexicon() lexicon {
	return lexicon{
		{[]string{"agency", "agencies", "launch_service_provider", "related_launch_service_provider",
			"manufacturer", "operator", "owner", "owners"}, "agencies", agencies()},
		{[]string{"location"}, "locations", locations()},
		{[]string{"configuration", "launcher_config"}, "launcher_configurations", launcherConfigs()},
		{[]string{"mission"}, "", missions()},
		{[]string{"orbit"}, "config/orbits", []entity{
			{1, "Low Earth Orbit", "LEO"}, {2, "Suborbital", "Sub"}, {3, "Geostationary Transfer Orbit", "GTO"},
		}},
		{[]string{"program"}, "programs", []entity{
			{1, "Artemis", ""}, {17, "International Space Station", ""}, {25, "Starship", ""},
		}},
		{[]string{"launch_status"}, "config/launch_statuses", launchStatuses()},
		{[]string{"astronaut"}, "astronauts", []entity{
			{276, "Invented Aldrin", ""}, {277, "Invented Moghbeli", ""}, {278, "Invented Терешкова", ""},
		}},
		{[]string{"spacecraft"}, "spacecraft", nil},
		{[]string{"spacecraft_config"}, "spacecraft_configurations", nil},
		{[]string{"launch"}, "launches", nil},
	}
}

func agencies() []entity {
	return []entity{
		{121, "SpaceX", "SpX"}, {44, "National Aeronautics and Space Administration", "NASA"},
		{63, "Russian Federal Space Agency (ROSCOSMOS)", "RFSA"}, {115, "Arianespace", "ASA"},
		{124, "United Launch Alliance", "ULA"}, {141, "Blue Origin", "BO"}, {147, "Rocket Lab", "RL"},
	}
}

func locations() []entity {
	return []entity{
		{12, "Cape Canaveral SFS, FL, USA", "CC"}, {27, "Kennedy Space Center, FL, USA", "KSC"},
		{11, "Vandenberg SFB, CA, USA", "VAN"}, {143, "SpaceX Starbase, TX, USA", "SB"},
		{15, "Baikonur Cosmodrome, Republic of Kazakhstan", "BAI"},
	}
}

func launcherConfigs() []entity {
	return []entity{
		{164, "Falcon 9 Block 5", "F9"}, {161, "Falcon Heavy", "FH"}, {464, "Starship", "SS"},
		{140, "Soyuz 2.1a", "S2"}, {468, "Ariane 64", "A6"},
	}
}

func missions() []entity {
	return []entity{
		{1, "Starlink Group 10-23", ""}, {2, "Starlink Group 17-4", ""}, {3, "Artemis II", ""},
		{4, "Invented mission", ""}, {5, "Progress MS-99 \u2028(invented)", ""},
	}
}

func launchStatuses() []entity {
	return []entity{
		{1, "Go for Launch", "Go"}, {2, "To Be Determined", "TBD"}, {3, "Launch Successful", "Success"},
		{4, "Launch Failure", "Failure"}, {7, "Launch was a Partial Failure", "Partial Failure"},
		{8, "To Be Confirmed", "TBC"},
	}
}

// pool returns the entities that a member of an element is one of; nil: any.
func (l lexicon) pool(name string) []entity {
	for _, v := range l {
		if slices.Contains(v.names, name) {
			return v.entities
		}
	}
	return nil
}

// home is the path of the list in which a member of an element has an object of
// its own, or empty.
func (l lexicon) home(name string) string {
	for _, v := range l {
		if slices.Contains(v.names, name) && v.list != "" {
			return "/2.3.0/" + v.list + "/"
		}
	}
	return ""
}

// listed returns the entity of an id in a list; ok is false if it has to be made up.
func (l lexicon) listed(list string, id int) (of entity, ok bool) {
	for _, v := range l {
		i := slices.IndexFunc(v.entities, func(e entity) bool { return e.id == id })
		if v.list == list && i >= 0 {
			return v.entities[i], true
		}
	}
	return entity{}, false
}
