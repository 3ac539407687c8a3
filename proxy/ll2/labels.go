package ll2

import "perigee/proxy/ll2/catalog"

// Endpoints returns every value that Resource.Endpoint can have.
func Endpoints() []string {
	labels := []string{"outside", "unknown", throttle, "/2.0.0/", "/2.1.0/", "/2.2.0/"}
	for _, e := range catalog.All() {
		if e.Path != "/"+catalog.Version+"/"+throttle+"/" {
			labels = append(labels, e.Path)
		}
	}
	return labels
}
