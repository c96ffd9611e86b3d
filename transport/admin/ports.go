package admin

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// Engine has the methods of *engine.Engine that are used here, which describes them.
type Engine interface {
	EachRoom(func(engine.RoomInfo))
	RoomDetail(context.Context, roomkey.Key) (engine.RoomDetail, error)
	Locks() []engine.Decision
	Bans() []engine.Decision

	StoredRooms(ctx context.Context, prefix, after string, limit int) (
		rooms []engine.StoredRoom, more bool, err error)
	Versions(context.Context, roomkey.Key) ([]engine.Version, error)
	ReadVersion(context.Context, roomkey.Key, uint64) (snapshot.Snapshot, error)
	Authors(context.Context, roomkey.Key, uint64) ([]engine.Authored, error)
	Compare(ctx context.Context, key roomkey.Key, old snapshot.Snapshot, to uint64) (
		[]engine.Difference, error)
	CreateVersion(ctx context.Context, key roomkey.Key, name string, by engine.Author) (
		engine.Version, error)
	RenameVersion(ctx context.Context, key roomkey.Key, id uint64, name string) error
	DeleteVersion(ctx context.Context, key roomkey.Key, id uint64) error
	Delete(ctx context.Context, key roomkey.Key, by engine.Author) error
	Undelete(ctx context.Context, key roomkey.Key, by engine.Author) error
	RestoreVersion(
		ctx context.Context, key roomkey.Key, id uint64, by engine.Author,
	) (kept uint64, err error)
	RestoreSnapshot(
		ctx context.Context, key roomkey.Key, blob []byte, id uint64, by engine.Author,
	) (kept uint64, err error)

	Lock(ctx context.Context, key roomkey.Key, locked bool, by string) error
	Snapshot(ctx context.Context, key roomkey.Key, by string) (version uint64, err error)
	Evict(ctx context.Context, key roomkey.Key, by string) error
	Refresh(context.Context, roomkey.Key) error
	Kick(ctx context.Context, key roomkey.Key, user, by string) (int, error)
	Notice(ctx context.Context, key roomkey.Key, level, text, by string) (int, error)
	NoticeAll(level, text, by string) (int, error)
	Unban(ctx context.Context, user, by string) (bool, error)
}

// Clients are the connections of clients.
type Clients interface {
	// Connections returns connections in the order of their ids, and whether there are more.
	Connections(ConnectionQuery) (page []api.Connection, more bool)
	// Disconnect closes a connection, and reports whether there was one; by names the
	// administrator. Its error is engine.ErrReason.
	Disconnect(id uint64, reason, by string) (found bool, err error)
	// DisconnectUser closes all connections of a user, and keeps the user out until a time, if
	// that is not zero. Its errors are those of engine.Engine.Ban.
	DisconnectUser(
		ctx context.Context, user string, until time.Time, reason, by string,
	) (closed int, err error)
}

// ConnectionQuery selects connections. The zero value of a field selects all.
type ConnectionQuery struct {
	After   uint64 // only those with a higher id
	Limit   int    // how many at most
	Room    roomkey.Key
	User    string
	Address netip.Prefix // of the client
}

// Document is a document in a format.
type Document struct {
	Body    []byte
	Remarks []string // what of the document is not in it
}

// Logs are the levels of the log.
type Logs interface {
	// Levels returns the level of each area.
	Levels() map[string]string
	// SetLevel changes the level of an area, or of all if area is empty.
	SetLevel(area, level string) error
}

// Nodes are the servers that share rooms, this one included.
type Nodes interface {
	// Self describes this node. Its Rooms, Peers, Ready, Reason and At are set by the Server.
	Self() api.Node
	// Others describes all other live nodes, as far as it is known without asking them.
	Others() []api.Node
	// Owner returns the address of the node that has a room, empty if that is this one, or nobody.
	Owner(ctx context.Context, room string) (address string, err error)
	// Call sends a request, whose URL has path and query only, to a node. The caller closes the
	// body of the answer.
	Call(ctx context.Context, address string, r *http.Request) (*http.Response, error)
	// ReloadDecisions puts locks and bans of other nodes into effect, and returns how many
	// connections of banned users were closed.
	ReloadDecisions(context.Context) (closed int, err error)
}

// Webhooks are the events that are sent to other programs. Its errors may be ErrNoEndpoint,
// ErrNoMessage and ErrEndpointOff.
type Webhooks interface {
	Endpoints(ctx context.Context) ([]api.WebhookEndpoint, error)
	Messages(ctx context.Context, q WebhookQuery) (api.WebhookMessagePage, error)
	// Retry and Drop return of how many parked messages they did that: of the one with an id, or
	// of all of an endpoint; empty: of all.
	Retry(ctx context.Context, endpoint, id string) (int, error)
	Drop(ctx context.Context, endpoint, id string) (int, error)
	// Enable sends an endpoint events again that has refused them for good, Test one event.
	Enable(ctx context.Context, endpoint string) error
	Test(ctx context.Context, endpoint string) error
}

// WebhookQuery selects messages of webhooks. The zero value of a field selects all.
type WebhookQuery struct {
	Endpoint string
	Parked   bool
	After    uint64 // only those with higher numbers
	Limit    int    // how many at most
}

// Errors of Webhooks.
var (
	ErrNoEndpoint  = errors.New("there is no such endpoint of webhooks in the configuration")
	ErrNoMessage   = errors.New("there is no such parked message")
	ErrEndpointOff = errors.New("the endpoint is off, as it has answered with 410: enable it first")
)

// Events is the hub of events: *events.Hub.
type Events interface {
	Subscribe(buffer int) *events.Subscription
}
