package documents

import (
	"context"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// Engine has the methods of *engine.Engine that are used here, which describes them.
type Engine interface {
	ReadDocument(context.Context, roomkey.Key, func(engine.Document) bool) (engine.Document, error)
	IsOpen(roomkey.Key) bool
	Edit(context.Context, roomkey.Key, engine.Edit) (engine.EditResult, error)
	EnsureVersion(ctx context.Context, key roomkey.Key, why string, by engine.Author,
		within time.Duration) (engine.Version, error)
	Join(context.Context, roomkey.Key, engine.Conn, protocol.Protocol, engine.Identity) (
		*engine.Peer, error)
	Versions(context.Context, roomkey.Key) ([]engine.Version, error)
	ReadVersion(context.Context, roomkey.Key, uint64) (snapshot.Snapshot, error)
	CreateVersion(context.Context, roomkey.Key, string, engine.Author) (engine.Version, error)
	RenameVersion(ctx context.Context, key roomkey.Key, id uint64, name string) error
	DeleteVersion(ctx context.Context, key roomkey.Key, id uint64) error
	RestoreVersionAs(context.Context, roomkey.Key, uint64, engine.Author) (kept uint64, err error)
	RestoreSnapshotAs(ctx context.Context, key roomkey.Key, blob []byte, id uint64,
		by engine.Author) (kept uint64, err error)
	Delete(context.Context, roomkey.Key, engine.Author) error
	Undelete(context.Context, roomkey.Key, engine.Author) error
	Authors(context.Context, roomkey.Key, uint64) ([]engine.Authored, error)
	Compare(ctx context.Context, key roomkey.Key, old snapshot.Snapshot, to uint64) (
		[]engine.Difference, error)
	StoredRooms(ctx context.Context, prefix, after string, limit int) (
		rooms []engine.StoredRoom, more bool, err error)
}

// Nodes are the servers that share rooms, this one included.
type Nodes interface {
	// Owner returns the address of the node that has a room, empty if that is this one, or nobody.
	Owner(ctx context.Context, room string) (address string, err error)
	// Others returns the other nodes.
	Others() []api.Node
	// Call sends a request, whose URL has path and query only, to a node. The caller closes the
	// body of the answer.
	Call(ctx context.Context, address string, r *http.Request) (*http.Response, error)
}

// User is a user whom people see.
type User struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"` // empty: the id
}
