package main

import (
	"context"
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

// maxAdminAnswer is how much of an answer of the admin listener is read.
const maxAdminAnswer = 1 << 20

// adminClient asks a perigee that runs with the same settings.
type adminClient struct{ base string }

func newAdminClient(environ []string) (adminClient, error) {
	c, _, err := config.Load(environ)
	if err != nil {
		return adminClient{}, err
	}
	address, err := dialable(string(c.AdminListen))
	return adminClient{base: "http://" + address}, err
}

// do asks once and returns the whole answer. A form is sent by POST.
func (a adminClient) do(ctx context.Context, path string, form url.Values, timeout time.Duration) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, strings.NewReader(form.Encode()))
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
