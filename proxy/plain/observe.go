package plain

import (
	"time"
)

// endpoint labels every request: what upstream's resources are is not known here.
const endpoint = "http"

// Endpoints returns the closed set of labels that an Observer gets.
func Endpoints() []string { return []string{endpoint} }

// silent is the Observer of those who have none.
type silent struct{}

func (silent) RequestStarted()                                 {}
func (silent) RequestEnded(string, string, int, time.Duration) {}
func (silent) WaiterJoined()                                   {}
func (silent) FetchStarted()                                   {}
func (silent) FetchEnded()                                     {}
func (silent) DowngradeRejected(string)                        {}
func (silent) PanicRecovered()                                 {}
func (silent) UpstreamAnswered(string, int, time.Duration)     {}
