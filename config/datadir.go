package config

import (
	"path/filepath"
	"strings"
)

// DataDirOff is the DataDir of those who want none.
const DataDirOff = "off"

const (
	dataDirVar = "PERIGEE_DATA_DIR"
	dataFolder = "perigee"
)

// settleDataDir makes DataDir a folder, or DataDirOff. What says where the user's
// cache folder is (XDG base directories) is no setting of Perigee's, so it is
// looked up in the whole environment.
func (c *Config) settleDataDir(environ []string) []Warning {
	switch {
	case strings.EqualFold(c.DataDir, DataDirOff):
		c.DataDir = DataDirOff
		return nil
	case c.DataDir != "":
		return nil
	}
	if cache := lookUp(environ, "XDG_CACHE_HOME"); filepath.IsAbs(cache) {
		c.DataDir = filepath.Join(cache, dataFolder)
		return nil
	}
	if home := lookUp(environ, "HOME"); filepath.IsAbs(home) {
		c.DataDir = filepath.Join(home, ".cache", dataFolder)
		return nil
	}
	c.DataDir = DataDirOff
	return []Warning{{dataDirVar, "is off, since there is no home folder: a restart begins with nothing held"}}
}

func lookUp(environ []string, name string) string {
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}
