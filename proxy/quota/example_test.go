package quota_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"perigee/proxy/quota"
)

// One fetch, for which one client waits.
func ExampleGate() {
	gate, err := quota.New(quota.Options{Limit: 2, Period: time.Hour, Reserve: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fetch := func(client string) error {
		request := gate.NewFetchRequest()
		leave := request.Join(quota.Waiter{
			Client: client, Priority: quota.Waiting, Deadline: time.Now().Add(time.Second),
		})
		defer leave()
		grant, err := gate.Acquire(context.Background(), request)
		if err != nil {
			return err
		}
		defer grant.Close()
		grant.Sent()           // the first byte of the request leaves
		grant.Done(time.Now()) // the response head is here
		return nil
	}
	for _, client := range []string{"192.0.2.1", "192.0.2.1", "192.0.2.2"} {
		err := fetch(client)
		if refused, ok := errors.AsType[*quota.RefusedError](err); ok {
			fmt.Println(client, "is refused:", refused.Reason, refused.RetryAfter.Round(time.Minute))
			continue
		}
		fmt.Println(client, "fetched, error:", err)
	}
	// Output:
	// 192.0.2.1 fetched, error: <nil>
	// 192.0.2.1 is refused: spent 1h0m0s
	// 192.0.2.2 fetched, error: <nil>
}
