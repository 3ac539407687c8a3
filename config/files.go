package config

import (
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

const (
	tokenVar          = "PERIGEE_UPSTREAM_TOKEN"
	tokenFileVar      = "PERIGEE_UPSTREAM_TOKEN_FILE"
	valkeyURLVar      = "PERIGEE_VALKEY_URL"
	valkeyPasswordVar = "PERIGEE_VALKEY_PASSWORD_FILE"
	valkeyCAVar       = "PERIGEE_VALKEY_CA_FILE"
)

// Bounds of what is read when a path names something else by mistake: a key of LL2
// has 40 characters, and the certificates of a whole system are 250 KiB.
const (
	maxSecretFile = 4 << 10
	maxCAFile     = 4 << 20
)

// readFiles sets what settings leave to files. It applies the rules of those
// settings too: a file that must not be there is not read.
func (c *Config) readFiles(found *findings) {
	switch {
	case c.UpstreamTokenFile == "":
		found.add(tokenVar, tokenProblem(c.UpstreamToken))
	case c.UpstreamToken.IsSet():
		found.add(tokenFileVar, tokenVar+" is set too, and only one may be")
	default:
		content, problem := readFile(c.UpstreamTokenFile, maxSecretFile)
		c.UpstreamToken = NewSecret(strings.TrimSpace(content))
		found.add(tokenFileVar, fileProblem(problem, c.UpstreamToken, tokenProblem))
	}
	if found.valid(valkeyURLVar) {
		c.readPassword(found)
		c.readCAs(found)
	}
}

func (c *Config) readPassword(found *findings) {
	switch {
	case c.ValkeyPasswordFile == "":
	case !c.ValkeyURL.IsSet():
		found.add(valkeyPasswordVar, valkeyURLVar+" is not set")
	case c.ValkeyURL.hasPassword:
		found.add(valkeyPasswordVar, valkeyURLVar+" has a password too, and only one may be")
	default:
		content, problem := readFile(c.ValkeyPasswordFile, maxSecretFile)
		c.ValkeyPassword = NewSecret(strings.TrimRight(content, "\r\n"))
		found.add(valkeyPasswordVar, fileProblem(problem, c.ValkeyPassword, passwordProblem))
	}
}

func (c *Config) readCAs(found *findings) {
	switch {
	case c.ValkeyCAFile == "":
	case !c.ValkeyURL.overTLS:
		found.add(valkeyCAVar, valkeyURLVar+" is not rediss://")
	default:
		content, problem := readFile(c.ValkeyCAFile, maxCAFile)
		c.ValkeyCAs = x509.NewCertPool()
		if problem == "" && !c.ValkeyCAs.AppendCertsFromPEM([]byte(content)) {
			problem = "the file has no certificates in PEM"
		}
		found.add(valkeyCAVar, problem)
	}
}

// fileProblem says what is wrong with a file that holds a secret alone: that it
// cannot be read, is empty, or what check says of its content.
func fileProblem(problem string, content Secret, check func(Secret) string) string {
	switch {
	case problem != "":
		return problem
	case !content.IsSet():
		return "the file's content is empty"
	}
	if problem = check(content); problem != "" {
		return "the file's content " + problem
	}
	return ""
}

// tokenProblem says why a token cannot be one, without showing any of it.
func tokenProblem(token Secret) string {
	if strings.ContainsFunc(token.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "has a space, a control character or one outside ASCII"
	}
	return ""
}

func passwordProblem(password Secret) string {
	if strings.ContainsFunc(password.Reveal(), func(r rune) bool { return r < ' ' }) {
		return "has more than one line, or a control character"
	}
	return ""
}

// readFile returns what a file holds, or what is wrong with it.
func readFile(path string, limit int64) (content, problem string) {
	file, err := os.Open(path)
	if err != nil {
		return "", unreadable(err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	switch {
	case err != nil:
		return "", unreadable(err)
	case int64(len(data)) > limit:
		return "", "the file is longer than " + Size(limit).String()
	}
	return string(data), ""
}

// unreadable says why without the path, which may be the token itself.
func unreadable(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return "the file cannot be read: " + err.Error()
}
