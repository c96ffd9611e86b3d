package peers

import (
	"encoding/json"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// description is what a node announces of itself, as JSON.
type description struct {
	Version     string    `json:"version"`
	StartedAt   time.Time `json:"started_at"`
	Connections int       `json:"connections"`
	Tally       []byte    `json:"tally,omitempty"` // of package tally
}

func (d description) encode() []byte {
	text, err := json.Marshal(d)
	if err != nil {
		return nil // it has no such value
	}
	return text
}

// decode returns what another node has announced; nothing if it cannot be read.
func decode(text []byte) (d description) {
	if json.Unmarshal(text, &d) != nil {
		return description{}
	}
	return d
}

// node returns a node as it has announced itself.
func (d description) node(name, address string) api.Node {
	return api.Node{
		Name: name, Address: address, Version: d.Version, StartedAt: d.StartedAt.UTC(),
		Connections: d.Connections,
	}
}
