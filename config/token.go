package config

import (
	"errors"
	"io/fs"
	"strings"
)

const (
	tokenVar     = "PERIGEE_UPSTREAM_TOKEN"
	tokenFileVar = "PERIGEE_UPSTREAM_TOKEN_FILE"
)

// maxToken is far above the 40 characters of an LL2 key. It bounds what is read
// when the path names something else by mistake.
const maxToken = 4 << 10

// readToken settles UpstreamToken, from its file if there is one.
func (c *Config) readToken(found *findings) {
	switch {
	case c.UpstreamTokenFile == "":
		if problem := tokenProblem(c.UpstreamToken.Reveal()); c.UpstreamToken.IsSet() && problem != "" {
			found.add(tokenVar, problem)
		}
	case c.UpstreamToken.IsSet():
		found.add(tokenFileVar, tokenVar+" is set too, and only one may be")
	default:
		token, problem := tokenFromFile(c.UpstreamTokenFile)
		if problem != "" {
			found.add(tokenFileVar, problem)
			return
		}
		c.UpstreamToken = NewSecret(token)
	}
}

// tokenFromFile returns the token, or what is wrong. White space around it, such
// as the line's end, is no part of it.
func tokenFromFile(path string) (token, problem string) {
	content, problem := readFile(path, maxToken)
	if problem != "" {
		return "", problem
	}
	token = strings.TrimSpace(string(content))
	if problem := tokenProblem(token); problem != "" {
		return "", "the file's content " + problem
	}
	return token, ""
}

// unreadable says why without the path, which may be the token itself.
func unreadable(err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return "the file cannot be read: " + err.Error()
}

// tokenProblem says why a token cannot be one, without saying anything of it.
func tokenProblem(token string) string {
	if token == "" {
		return "is empty"
	}
	for i := range len(token) {
		if c := token[i]; c <= ' ' || c > '~' {
			return "has a space, a control character or one outside ASCII"
		}
	}
	return ""
}
