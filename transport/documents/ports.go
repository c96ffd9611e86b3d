package documents

import (
	"context"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Engine has the methods of *engine.Engine that are used here, which describes them.
type Engine interface {
	ReadDocument(context.Context, roomkey.Key, func(engine.Document) bool) (engine.Document, error)
	Edit(context.Context, roomkey.Key, engine.Edit) (engine.EditResult, error)
	EnsureVersion(ctx context.Context, key roomkey.Key, why string, by engine.By,
		within time.Duration) (engine.Version, error)
	Join(context.Context, roomkey.Key, engine.Conn, protocol.Protocol, engine.Identity) (
		*engine.Peer, error)
	StoredRooms(ctx context.Context, prefix, after string, limit int) (
		rooms []engine.StoredRoom, more bool, err error)
}

// Nodes are the servers that share rooms, this one included.
type Nodes interface {
	// Owner returns the address of the node that has a room, empty if that is this one, or nobody.
	Owner(ctx context.Context, room string) (address string, err error)
	// Call sends a request, whose URL has path and query only, to a node. The caller closes the
	// body of the answer.
	Call(ctx context.Context, address string, r *http.Request) (*http.Response, error)
}
