package app

import (
	"path"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/docname"
)

// hocuspocusConfig configures the protocol of Hocuspocus.
type hocuspocusConfig struct {
	Enabled   *yamlfile.Toggle `yaml:"enabled"`
	Path      string           `yaml:"path"`
	Rooms     []string         `yaml:"rooms"`     // read into rules
	Stateless []string         `yaml:"stateless"` // read into kinds

	rules docname.Rules
	kinds []roomkey.Kind
}

// cleanPath returns the path with a slash before and none behind it; empty for the default.
func (h *hocuspocusConfig) cleanPath() string {
	if h.Path == "" {
		return ""
	}
	return path.Clean("/" + h.Path)
}

// transport applies the configuration of the protocol to that of the transport.
func (h *hocuspocusConfig) transport(t *transport.Config) {
	t.NoDocuments = off(h.Enabled)
	t.DocumentPath, t.DocumentRooms = h.cleanPath(), h.rules
}

// engine applies it to that of the engine.
func (h *hocuspocusConfig) engine(e *engine.Config) { e.Stateless = h.kinds }
