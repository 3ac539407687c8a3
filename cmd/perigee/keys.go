package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"perigee/config"
	"perigee/proxy"
)

const keysFileVar = "PERIGEE_CLIENT_KEYS_FILE"

// clientKeys reads the named clients. What is wrong with their file is a fault of
// the settings.
func clientKeys(c *config.Config) (*proxy.Keys, error) {
	keys := new(proxy.Keys)
	if c.ClientKeysFile == "" {
		return keys, nil
	}
	if err := loadKeys(keys, c.ClientKeysFile); err != nil {
		return nil, config.Faults{{
			Variable: keysFileVar, Value: c.ClientKeysFile, Problem: err.Error(),
			Allowed: "a readable file of lines: a name and the SHA-256 of its key in hexadecimal",
		}}
	}
	return keys, nil
}

func loadKeys(keys *proxy.Keys, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return keys.Load(file)
}

// hangups returns where each SIGHUP is told, from now on: one that nobody listens
// for ends the process. Stop it with signal.Stop.
func hangups() chan os.Signal {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	return hangup
}

// reloadKeys reads the file again with every hangup until ctx ends. What is wrong
// with it is logged, and the keys stay as they were. Nobody is dropped.
func reloadKeys(ctx context.Context, hangup chan os.Signal, keys *proxy.Keys, path string, log *slog.Logger) {
	defer signal.Stop(hangup)
	for {
		select {
		case <-hangup:
			if err := loadKeys(keys, path); err != nil {
				log.Error("the client keys stay as they were", "file", path, "error", fmt.Sprint(err))
				continue
			}
			log.Info("the client keys were read again", "file", path)
		case <-ctx.Done():
			return
		}
	}
}
