package app

import (
	"cmp"
	"path/filepath"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// features are the switches in CivicPress' features.yml that concern this program. Absent ones are
// on.
type features struct {
	Realtime             *yamlfile.Toggle `yaml:"realtime"`
	CollaborativeEditing *yamlfile.Toggle `yaml:"collaborative_editing"`
	PresenceTracking     *yamlfile.Toggle `yaml:"presence_tracking"`
	Snapshots            *yamlfile.Toggle `yaml:"snapshots"`
}

func off(t *yamlfile.Toggle) bool { return t != nil && !bool(*t) }

// defaultConfigFile is read, if there is one, when no other file is named.
const defaultConfigFile = ".civic/realtime.yml"

// featuresFile returns the name of the file with the features, and whether the file may be missing.
// By default it is the one beside the configuration file, or beside defaultConfigFile, which may be
// missing.
func featuresFile(name, config string) (file string, optional bool) {
	if name != "" {
		return name, false
	}
	return filepath.Join(filepath.Dir(cmp.Or(config, defaultConfigFile)), "features.yml"), true
}
