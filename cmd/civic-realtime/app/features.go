package app

import (
	"path/filepath"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// features is what CivicPress' features.yml switches on and off. What it leaves out is on, and
// what it has besides is others'.
type features struct {
	Realtime             *yamlfile.Toggle `yaml:"realtime"`
	CollaborativeEditing *yamlfile.Toggle `yaml:"collaborative_editing"`
	PresenceTracking     *yamlfile.Toggle `yaml:"presence_tracking"`
	Snapshots            *yamlfile.Toggle `yaml:"snapshots"`
}

func off(t *yamlfile.Toggle) bool { return t != nil && !bool(*t) }

// featuresFile is the file with the features; without a name, the one that stands beside the
// configuration, if there is any.
func featuresFile(name, config string) (file string, optional bool) {
	if name != "" || config == "" {
		return name, false
	}
	return filepath.Join(filepath.Dir(config), "features.yml"), true
}
