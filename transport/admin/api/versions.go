package api

import "time"

// StoredRoom describes what is stored of a room, loaded or not.
type StoredRoom struct {
	Name          string     `json:"name"`
	Kind          string     `json:"kind"`               // record, document
	SavedAt       *time.Time `json:"saved_at,omitempty"` // of the snapshot; absent: not known
	SnapshotBytes int        `json:"snapshot_bytes"`     // 0: there is none
	Updates       int        `json:"updates"`            // that the snapshot does not have
	Versions      int        `json:"versions"`           // that are kept
	ExpiresAt     *time.Time `json:"expires_at,omitempty"`
	DeletedAt     *time.Time `json:"deleted_at,omitempty"` // of the document; absent: it was not
}

// StoredPage is the answer of GET /v1/stored.
type StoredPage struct {
	Rooms     []StoredRoom `json:"rooms"`
	NextAfter string       `json:"next_after,omitempty"` // absent on the last page
	Damage    string       `json:"damage,omitempty"`     // why rooms are missing; absent: none is
	Silence
}

// VersionList is the answer of GET /v1/rooms/{room}/versions.
type VersionList struct {
	Room     string    `json:"room"`
	Versions []Version `json:"versions"` // the oldest first
	Silence
}

// Restored is the answer of POST /v1/rooms/{room}/versions/{version}/restore.
type Restored struct {
	Room    string `json:"room"`
	Version uint64 `json:"version"`
	Kept    uint64 `json:"kept"` // version with the document before; 0: nothing had to be changed
}

// VersionName is the body of POST /v1/rooms/{room}/versions, and of PATCH of one.
type VersionName struct {
	Name string `json:"name"` // empty: none
}

// Renamed is the answer of PATCH /v1/rooms/{room}/versions/{version}.
type Renamed struct {
	Room    string `json:"room"`
	Version uint64 `json:"version"`
	Name    string `json:"name"`
}

// VersionDeleted is the answer of DELETE /v1/rooms/{room}/versions/{version}.
type VersionDeleted struct {
	Room    string `json:"room"`
	Version uint64 `json:"version"`
	Deleted bool   `json:"deleted"`
}

// Deleted is the answer of DELETE /v1/rooms/{room} and of its tombstone.
type Deleted struct {
	Room    string `json:"room"`
	Deleted bool   `json:"deleted"` // the document, from now on
}
