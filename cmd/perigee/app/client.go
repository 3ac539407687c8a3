package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"perigee/config"
)

// Bounds of what a Client asks. Valkey, which a purge waits for, has a timeout of
// its own for each call.
const (
	readyTimeout   = 3 * time.Second
	purgeTimeout   = 10 * time.Second
	maxAdminAnswer = 1 << 20 // bytes
)

// Client asks the admin listener of a Perigee that runs on this machine.
type Client struct{ base string }

// NewClient returns the client of a Perigee that runs with the same settings.
func NewClient(c *config.Config) (*Client, error) {
	address, err := dialable(string(c.AdminListen))
	return &Client{base: "http://" + address}, err
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

// Ready asks whether the Perigee is ready for requests, and returns what it says
// of its state, in lines. It is an error not to be ready, or not to run.
func (c *Client) Ready(ctx context.Context) (state string, err error) {
	status, body, err := c.do(ctx, readyPath, nil, readyTimeout)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("not ready: %s", strings.TrimSpace(string(body)))
	}
	return string(body), err
}

// Purge removes what answers a target, from all replicas: a path with or without a
// query, or a whole URL.
func (c *Client) Purge(ctx context.Context, target string) (*Purged, error) {
	status, body, err := c.do(ctx, purgePath, url.Values{purgeTarget: {target}}, purgeTimeout)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, problemIn(status, body)
	}
	var report Purged
	if err := json.Unmarshal(body, &report); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return &report, nil
}

// problemIn returns what an answer says is wrong.
func problemIn(status int, body []byte) error {
	var problem struct{ Detail string }
	if json.Unmarshal(body, &problem) != nil || problem.Detail == "" {
		return fmt.Errorf("status %d: %s", status, strings.TrimSpace(string(body)))
	}
	return errors.New(problem.Detail)
}

// do asks once and returns the whole answer. A form is sent by POST.
func (c *Client) do(ctx context.Context, path string, form url.Values, timeout time.Duration) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req) // no proxy of the environment's
	if err != nil {
		return 0, nil, fmt.Errorf("not running: %w", err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxAdminAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer: %w", err)
	}
	return resp.StatusCode, body, nil
}
