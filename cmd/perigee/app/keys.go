package app

import (
	"os"

	"perigee/config"
	"perigee/proxy"
)

// clientKeys reads the named clients. What is wrong with their file is a fault of
// the settings.
func clientKeys(c *config.Config) (*proxy.Keys, error) {
	keys := new(proxy.Keys)
	if c.ClientKeysFile == "" {
		return keys, nil
	}
	if err := loadKeys(keys, c.ClientKeysFile); err != nil {
		return nil, config.Faults{{
			Variable: "PERIGEE_CLIENT_KEYS_FILE", Value: c.ClientKeysFile, Problem: err.Error(),
			Allowed: "a readable file of lines: a name and the SHA-256 of its key in hexadecimal",
		}}
	}
	return keys, nil
}

// reloadKeys reads the file again. What is wrong with it is logged, and the keys
// stay as they were. Nobody is dropped.
func (l *ll2) reloadKeys() {
	path := l.config.ClientKeysFile
	if err := loadKeys(l.keys, path); err != nil {
		l.log.Error("the client keys stay as they were", "file", path, "error", err.Error())
		return
	}
	l.log.Info("the client keys were read again", "file", path)
}

func loadKeys(keys *proxy.Keys, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return keys.Load(file)
}
