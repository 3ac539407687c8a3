package respond_test

import (
	"fmt"
	"time"

	"perigee/proxy/respond"
)

// A miss behind another cache, and then a hit on what it stored.
func ExampleHandling_Member() {
	behind := []string{"OriginCache; hit; ttl=1100"}
	miss := respond.Handling{Outcome: respond.Miss, Fwd: respond.FwdURIMiss, FwdStatus: 200, Stored: true}
	fmt.Println(miss.Member("").Append(behind))

	hit := respond.Handling{Outcome: respond.Hit}.Member("").Prepare(behind)
	fmt.Println(hit.Field(545 * time.Second))
	// Output:
	// OriginCache; hit; ttl=1100, Perigee;fwd=uri-miss;fwd-status=200;stored
	// OriginCache; hit; ttl=1100, Perigee;hit;ttl=545
}
