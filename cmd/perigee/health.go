package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const healthTimeout = 3 * time.Second

// health asks the admin listener of a running perigee whether it is ready. It is
// what a container without a shell probes itself with.
func (p program) health(ctx context.Context, args []string) error {
	if err := noArguments("health", args); err != nil {
		return err
	}
	admin, err := newAdminClient(p.environ)
	if err != nil {
		return err
	}
	status, body, err := admin.do(ctx, "/readyz", nil, healthTimeout)
	if err != nil {
		return err
	}
	fmt.Fprint(p.stdout, string(body))
	if status != http.StatusOK {
		return fmt.Errorf("not ready: %s", strings.TrimSpace(string(body)))
	}
	return nil
}
