package cachestatus_test

import (
	"fmt"

	"perigee/proxy/cachestatus"
)

// A miss behind another cache, and then a hit on what it stored.
func Example() {
	behind := []string{"OriginCache; hit; ttl=1100"}
	miss := cachestatus.Member{How: cachestatus.URIMiss, FwdStatus: 200, Stored: true}
	fmt.Println(miss.Append(behind))

	hit := cachestatus.Member{How: cachestatus.Hit}.Prepare(behind)
	fmt.Println(hit.Field(545))
	// Output:
	// OriginCache; hit; ttl=1100, Perigee;fwd=uri-miss;fwd-status=200;stored
	// OriginCache; hit; ttl=1100, Perigee;hit;ttl=545
}
