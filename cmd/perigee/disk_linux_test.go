package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"perigee/proxy/ll2sim"
)

// mountSmall returns a folder on a medium of a megabyte, and what mounts it anew. Only
// root can.
func mountSmall(t *testing.T) (dir string, remount func(flags uintptr)) {
	t.Helper()
	dir = t.TempDir()
	mount := func(flags uintptr) error { return syscall.Mount("tmpfs", dir, "tmpfs", flags, "size=1m") }
	if err := mount(0); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir, func(flags uintptr) {
		t.Helper()
		if err := mount(syscall.MS_REMOUNT | flags); err != nil {
			t.Fatal(err)
		}
	}
}

// fetches asks for pages that nobody has asked for, and for some that are cached.
func (p *perigee) fetches(t *testing.T, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		if resp, body := get(t, p.traffic+page(n)); resp.StatusCode != 200 {
			t.Errorf("page %d: %d %s", n, resp.StatusCode, body)
		}
	}
}

// TestABrokenDisk: what was spent while the disk was full, read-only or gone was
// forgotten, nothing said that it was, and a disk that had recovered was not used.
func TestABrokenDisk(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]struct {
		crack, mend func(t *testing.T, mount string, remount func(uintptr))
		records     bool // what is spent can be saved all the same
	}{
		"full": {
			func(t *testing.T, mount string, _ func(uintptr)) {
				_ = os.WriteFile(filepath.Join(mount, "ballast"), make([]byte, 1<<20), 0o600)
			},
			func(t *testing.T, mount string, _ func(uintptr)) {
				if err := os.Remove(filepath.Join(mount, "ballast")); err != nil {
					t.Fatal(err)
				}
			}, true,
		},
		"read-only": {
			func(_ *testing.T, _ string, remount func(uintptr)) { remount(syscall.MS_RDONLY) },
			func(_ *testing.T, _ string, remount func(uintptr)) { remount(0) }, false,
		},
		"gone": {
			func(t *testing.T, mount string, remount func(uintptr)) {
				if err := os.RemoveAll(filepath.Join(mount, "data")); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(mount, "data"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			},
			func(t *testing.T, mount string, _ func(uintptr)) {
				if err := os.Remove(filepath.Join(mount, "data")); err != nil {
					t.Fatal(err)
				}
			}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			mount, remount := mountSmall(t)
			sim := ll2sim.New(ll2sim.Options{Limit: 40})
			upstream := httptest.NewServer(sim)
			defer upstream.Close()
			environ := []string{
				"PERIGEE_UPSTREAM_URL=" + upstream.URL, "PERIGEE_QUOTA=40/1h",
				"PERIGEE_DATA_DIR=" + filepath.Join(mount, "data"),
			}
			p := launch(t, environ...)
			p.fetches(t, 0, 5)
			broken.crack(t, mount, remount)
			p.fetches(t, 0, 10) // five of them cached
			p.fetches(t, 5, 10) // in memory
			p.await(t, "\nperigee_disk_unhealthy 1\n")
			p.await(t, fmt.Sprintf("\nperigee_quota_record_unhealthy %d\n", map[bool]int{true: 0, false: 1}[broken.records]))
			_, ready := get(t, p.admin+"/readyz")
			if want := "is spent of the quota is known in memory alone"; strings.Contains(ready, want) == broken.records {
				t.Errorf("ready: %q", ready)
			}
			p.kill(t)

			p = launch(t, environ...) // it starts all the same, and knows what was spent
			p.fetches(t, 20, 22)
			p.await(t, "\nperigee_quota_used 12\n")
			broken.mend(t, mount, remount)
			p.fetches(t, 22, 24)
			p.await(t, "\nperigee_disk_unhealthy 0\n")
			p.await(t, "\nperigee_quota_record_unhealthy 0\n")
			p.kill(t)
			if sim.Throttled() != 0 {
				t.Errorf("upstream refused %d", sim.Throttled())
			}
		})
	}
}
