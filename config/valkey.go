package config

import (
	"crypto/x509"
	"io"
	"os"
	"strings"
	"time"
)

const (
	valkeyURLVar      = "PERIGEE_VALKEY_URL"
	valkeyPasswordVar = "PERIGEE_VALKEY_PASSWORD_FILE"
	valkeyCAVar       = "PERIGEE_VALKEY_CA_FILE"
	valkeyTimeoutVar  = "PERIGEE_VALKEY_TIMEOUT"
)

// Bounds of ValkeyTimeout.
const (
	minValkeyTimeout = Duration(10 * time.Millisecond)
	maxValkeyTimeout = Duration(5 * time.Second)
)

// SecretFile is a file that holds a secret. It shows itself as its path.
type SecretFile struct {
	path   string
	secret Secret
}

// Path returns where the file is, "" if unset.
func (f SecretFile) Path() string { return f.path }

// Reveal returns what the file held when the settings were loaded, without the
// end of the line.
func (f SecretFile) Reveal() string { return f.secret.Reveal() }

// String returns the path.
func (f SecretFile) String() string { return f.path }

// MarshalText returns the path.
func (f SecretFile) MarshalText() ([]byte, error) { return []byte(f.path), nil }

// UnmarshalText takes a path. There is no error.
func (f *SecretFile) UnmarshalText(text []byte) error {
	f.path = string(text)
	return nil
}

// CAFile is a file of certificates in PEM. It shows itself as its path.
type CAFile struct {
	path string
	pool *x509.CertPool
}

// Path returns where the file is, "" if unset.
func (f CAFile) Path() string { return f.path }

// Pool returns the certificates that the file held when the settings were
// loaded, nil if unset.
func (f CAFile) Pool() *x509.CertPool { return f.pool }

// String returns the path.
func (f CAFile) String() string { return f.path }

// MarshalText returns the path.
func (f CAFile) MarshalText() ([]byte, error) { return []byte(f.path), nil }

// UnmarshalText takes a path. There is no error.
func (f *CAFile) UnmarshalText(text []byte) error {
	f.path = string(text)
	return nil
}

// maxCAFile is far above any bundle: that of a whole system is 250 KiB.
const maxCAFile = 4 << 20

// settleValkey reads the files and applies the rules of the settings for Valkey.
func (c *Config) settleValkey(found *findings) {
	if c.ValkeyURL.IsSet() && found.sound("PERIGEE_PROFILE") && c.Profile == ProfileHTTP {
		found.add(valkeyURLVar, "is not for PERIGEE_PROFILE=http, which shares nothing")
	}
	c.readValkeyPassword(found)
	c.readValkeyCA(found)
	atLeast(found, valkeyTimeoutVar, c.ValkeyTimeout, minValkeyTimeout, "is shorter than")
	if found.sound(valkeyTimeoutVar) && c.ValkeyTimeout > maxValkeyTimeout {
		found.add(valkeyTimeoutVar, "is longer than "+maxValkeyTimeout.String())
	}
}

func (c *Config) readValkeyPassword(found *findings) {
	if c.ValkeyPasswordFile.path == "" || !found.sound(valkeyURLVar) {
		return
	}
	switch {
	case !c.ValkeyURL.IsSet():
		found.add(valkeyPasswordVar, valkeyURLVar+" is not set")
		return
	case c.ValkeyURL.hasPassword():
		found.add(valkeyPasswordVar, valkeyURLVar+" has a password too, and only one may be")
		return
	}
	content, problem := readFile(c.ValkeyPasswordFile.path, maxToken)
	password := strings.TrimRight(string(content), "\r\n")
	switch {
	case problem != "":
	case password == "":
		problem = "the file's content is empty"
	case strings.ContainsFunc(password, func(r rune) bool { return r < ' ' }):
		problem = "the file's content has more than one line, or a control character"
	}
	if problem != "" {
		found.add(valkeyPasswordVar, problem)
		return
	}
	c.ValkeyPasswordFile.secret = NewSecret(password)
}

func (c *Config) readValkeyCA(found *findings) {
	if c.ValkeyCAFile.path == "" || !found.sound(valkeyURLVar) {
		return
	}
	if !strings.HasPrefix(c.ValkeyURL.Reveal(), "rediss:") {
		found.add(valkeyCAVar, valkeyURLVar+" is not rediss://")
		return
	}
	content, problem := readFile(c.ValkeyCAFile.path, maxCAFile)
	pool := x509.NewCertPool()
	if problem == "" && !pool.AppendCertsFromPEM(content) {
		problem = "the file has no certificates in PEM"
	}
	if problem != "" {
		found.add(valkeyCAVar, problem)
		return
	}
	c.ValkeyCAFile.pool = pool
}

// readFile returns what a file holds, or what is wrong with it.
func readFile(path string, limit int) (content []byte, problem string) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(err)
	}
	defer file.Close()
	content, err = io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err != nil {
		return nil, unreadable(err)
	}
	if len(content) > limit {
		return nil, "the file is longer than " + Size(limit).String()
	}
	return content, ""
}
