package upstream

import (
	"context"
	"fmt"
	"net/http"

	"perigee/proxy/quota"
)

// throttlePath answers what of the quota is spent, free of charge.
const throttlePath = "/2.3.0/api-throttle/"

// Throttle asks upstream what it has counted for the proxy's token, or for its
// address. Asking is free, but not bounded here. Every error is an *Error; none
// repeats what the report says.
func (c *Client) Throttle(ctx context.Context) (quota.Report, error) {
	answer, err := c.get(ctx, Ask{
		Path: throttlePath, Accept: "application/json", Label: labelThrottle,
	}, min(c.options.MaxBody, quota.MaxReportBytes))
	if err != nil {
		return quota.Report{}, err
	}
	report, err := quota.ParseReport(answer.Body)
	if answer.Status != http.StatusOK {
		err = fmt.Errorf("status %d", answer.Status)
	}
	if err != nil {
		answer.Body = nil // it may hold the token
		return quota.Report{}, &Error{Op: "read report", Sent: true, Head: answer, Err: err}
	}
	return report, nil
}
