package documents

import (
	"strconv"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/authorship"
)

// Version is a version of a document.
type Version struct {
	ID        string    `json:"id"`
	Name      string    `json:"name,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	// By is absent if the version was made by itself.
	By           *authorship.By `json:"by,omitempty"`
	Why          string         `json:"why"`
	RestoredFrom string         `json:"restored_from,omitempty"` // the version that has replaced it
	Bytes        int            `json:"bytes"`                   // as it is stored
}

// VersionList is the answer of GET /v1/documents/{room}/versions.
type VersionList struct {
	Room      string    `json:"room"`
	Versions  []Version `json:"versions"`             // the oldest first
	NextAfter string    `json:"next_after,omitempty"` // absent on the last page
	// Partial is true if a node does not answer, whose disk may have more.
	Partial bool `json:"partial,omitempty"`
}

// createdAt returns when a version was kept or, if that is not known, when it was saved.
func createdAt(v engine.Version) time.Time {
	if v.Kept.IsZero() {
		return v.Time
	}
	return v.Kept
}

func idOf(id uint64) string { return strconv.FormatUint(id, 10) }

// parseVersion returns the number of a version, 0 if the text is that of none.
func parseVersion(text string) uint64 {
	id, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0
	}
	return id
}
