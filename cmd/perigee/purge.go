package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// purgeTimeout bounds one purge. Valkey has its own timeout for each call.
const purgeTimeout = 10 * time.Second

// purge has the perigee on this machine forget what answers each of the targets,
// one after the other, and all replicas with it.
func (p program) purge(ctx context.Context, targets []string) error {
	if len(targets) == 0 || strings.HasPrefix(targets[0], "-") {
		return fmt.Errorf("%w: perigee purge TARGET..., each a path with or without a query; got %q", errUsage, targets)
	}
	admin, err := newAdminClient(p.environ)
	if err != nil {
		return err
	}
	var faults []error
	for _, target := range targets {
		report, err := admin.purge(ctx, target)
		if err != nil {
			faults = append(faults, fmt.Errorf("purge %s: %w", target, err))
			continue
		}
		report.print(p.stdout, time.Now())
	}
	return errors.Join(faults...)
}

// purge has one target forgotten.
func (a adminClient) purge(ctx context.Context, target string) (*purged, error) {
	status, body, err := a.do(ctx, purgePath, url.Values{purgeTarget: {target}}, purgeTimeout)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, problemIn(status, body)
	}
	var report purged
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

// print tells what was forgotten, and how old it was.
func (r *purged) print(w io.Writer, now time.Time) {
	if len(r.Held) == 0 {
		fmt.Fprintf(w, "purged %s (nothing was held here)\n", r.Target)
		return
	}
	fmt.Fprintf(w, "purged %s\n", r.Target)
	for _, page := range r.Held {
		fmt.Fprintf(w, "  %s, answered %v ago\n", page.Key, now.Sub(page.Answered).Round(time.Second))
	}
}
