package app

import (
	"errors"
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

// errNoCallers is the error of a documents API that nobody could use.
var errNoCallers = errors.New("api.enabled: nobody could use the API: set api.keys_file, or a key " +
	"that JWTs are signed with (auth.jwt)")

// checkAPI returns what is wrong with the documents API, beside the file with keys.
func (c *Config) checkAPI() error {
	j := &c.Auth.JWT
	jwts := j.hasKeys() || j.names() != ""
	if c.API.on() && c.enabled() && !c.dev && c.API.KeysFile == "" && !jwts {
		return errNoCallers
	}
	if c.API.Audience != "" && c.API.Audience == j.Audience {
		return errors.New("api.audience: must not be auth.jwt.audience, as tokens of editors " +
			"are none of programs")
	}
	return nil
}

// apiWarnings lists what is set and has no effect.
func (c *Config) apiWarnings() (w []string) {
	if !c.API.on() && c.setsBelow("api.") {
		w = append(w, "api has no effect without api.enabled")
	}
	return w
}

// keepTexts is how long texts are kept that edits are based on.
func (a *apiConfig) keepTexts() time.Duration { return time.Duration(a.KeepTexts) }
