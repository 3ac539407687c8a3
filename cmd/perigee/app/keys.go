package app

import (
	"log/slog"
	"os"

	"perigee/config"
	"perigee/proxy/clients"
)

// clientKeys are the named clients, read from a file.
type clientKeys struct {
	*clients.Keys
	path string // "": there are none
	log  *slog.Logger
}

// newClientKeys reads the file. What is wrong with it is a fault of the settings.
func newClientKeys(path string, log *slog.Logger) (*clientKeys, error) {
	k := &clientKeys{Keys: new(clients.Keys), path: path, log: log}
	if path == "" {
		return k, nil
	}
	if err := k.read(); err != nil {
		return nil, config.Faults{{
			Variable: "PERIGEE_CLIENT_KEYS_FILE", Value: path, Problem: err.Error(),
			Allowed: "a readable file of lines: a name and the SHA-256 of its key in hexadecimal",
		}}
	}
	return k, nil
}

func (k *clientKeys) read() error {
	file, err := os.Open(k.path)
	if err != nil {
		return err
	}
	defer file.Close()
	return k.Load(file)
}

// reload reads the file again. What is wrong with it is logged, and the keys stay as
// they were. Nobody is dropped.
func (k *clientKeys) reload() {
	if err := k.read(); err != nil {
		k.log.Error("the client keys stay as they were", "file", k.path, "error", err.Error())
		return
	}
	k.log.Info("the client keys were read again", "file", k.path)
}
