package app

import (
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/transport/documents/access"
)

// apiConfig configures the documents API, which programs use.
type apiConfig struct {
	Enabled     yamlfile.Toggle   `yaml:"enabled"`
	KeysFile    string            `yaml:"keys_file"`
	Audience    string            `yaml:"audience"`
	PerSecond   yamlfile.Count    `yaml:"requests_per_second"`
	Burst       yamlfile.Count    `yaml:"burst"`
	MaxRequests yamlfile.Count    `yaml:"max_requests"`
	MaxReaders  yamlfile.Count    `yaml:"max_readers"`
	CacheBytes  yamlfile.Count    `yaml:"cache_bytes"`
	KeepTexts   yamlfile.Duration `yaml:"keep_texts"`
	URL         string            `yaml:"url"`

	MaxPresences  yamlfile.Count    `yaml:"max_presences"`
	AgentVersions yamlfile.Duration `yaml:"agent_version_interval"`

	keys *access.Keys // of the file; nil without one
}

// on reports whether the API is to be served.
func (a *apiConfig) on() bool { return bool(a.Enabled) }

// read reads the file with keys.
func (a *apiConfig) read() error {
	if a.keys = nil; !a.on() || a.KeysFile == "" {
		return nil
	}
	var list []access.Key
	err := yamlfile.ReadList(a.KeysFile, &list)
	if err == nil {
		a.keys, err = access.NewKeys(list)
	}
	if err != nil {
		return fmt.Errorf("api.keys_file: %w", err)
	}
	return nil
}

// keepTexts is how long texts are kept that edits are based on.
func (a *apiConfig) keepTexts() time.Duration { return time.Duration(a.KeepTexts) }
