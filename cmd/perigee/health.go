package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"perigee/config"
)

const healthTimeout = 3 * time.Second

// health asks the admin listener of a running perigee whether it is ready. It is
// what a container without a shell probes itself with.
func (p program) health(ctx context.Context, args []string) error {
	if err := noArguments("health", args); err != nil {
		return err
	}
	c, _, err := config.Load(p.environ)
	if err != nil {
		return err
	}
	address, err := dialable(string(c.AdminListen))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Transport{}).RoundTrip(req) // no proxy of the environment's
	if err != nil {
		return fmt.Errorf("not running: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	fmt.Fprint(p.stdout, string(body))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", strings.TrimSpace(string(body)))
	}
	return nil
}

// dialable turns an address that is listened on into one that can be dialled.
func dialable(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port), nil
}
