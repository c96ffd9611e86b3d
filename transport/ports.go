package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// rooms are the methods of the engine that the transport uses, of an engine in this process
// (localRooms) or of a client for the engines that own the rooms. engine.Engine documents them.
type rooms interface {
	netpoll.Ticks
	// Join takes a client into a room, whose owner need not be in this process.
	Join(
		ctx context.Context, room roomkey.Key,
		c engine.Conn, p protocol.Protocol, as engine.Identity,
	) (peer, error)
	// Open opens a room for a user who is about to join. Its error has a method NotOwner, which
	// returns true, if the room is at another node.
	Open(ctx context.Context, room roomkey.Key, user string) error
	// Leased reports whether a room is loaded here, or is being loaded and is at no other node.
	Leased(room roomkey.Key) bool
	// Preparing reports whether a room is not ready because the engine itself is working on it.
	Preparing(room roomkey.Key) bool
	MessageBytes() int
	Ban(ctx context.Context, user string, until time.Time, reason, by string) error
	Banned(user string) error
	KeptOut(user string, room roomkey.Key) error
	Ready() error
	Drain(ctx context.Context) error
	HandOver(ctx context.Context) error
	WriteMetrics(w io.Writer)
}

// peer has the methods of the engine that a session uses, for a client in its room. engine.Peer
// documents them.
type peer interface {
	ID() uint64
	Room() roomkey.Key
	User() string
	Identity() engine.Identity
	Become(identity engine.Identity)
	Switch(p protocol.Protocol)
	Deliver(payload []byte) error
	TryDeliver(payload []byte) (*engine.Undelivered, error)
	DeliverRest(rest *engine.Undelivered) error
	TooLong()
	MayWait(now time.Time) time.Duration
	Queued() (messages, bytes int)
	Close(why *engine.CloseError)
	Leave()
}

// localRooms are the rooms of an engine in this process.
type localRooms struct{ *engine.Engine }

// Join implements rooms.
func (l localRooms) Join(
	ctx context.Context, room roomkey.Key, c engine.Conn, p protocol.Protocol, as engine.Identity,
) (peer, error) {
	joined, err := l.Engine.Join(ctx, room, c, p, as)
	if err != nil {
		return nil, err // not joined, which would be a peer that is not nil
	}
	return joined, nil
}

// Owners says which node owns a room. Rooms are named as roomkey.Key.String does.
type Owners interface {
	// Owner returns the address of the peer listener of the node that owns a room, empty if the
	// room is this node's, or nobody's yet. It fails if that is not known now: connections are
	// held and it is asked again, at most once a second for each room.
	Owner(ctx context.Context, room string) (peer string, err error)
	// Unreachable is called when the node at an address, which owns a room, could not be reached.
	Unreachable(room, peer string)
}

// Programs answers requests of programs, with the address of the client; the zero address stands
// for one that is not counted.
type Programs func(w http.ResponseWriter, r *http.Request, client netip.Addr)

// ownerTimeout limits the time to find the owner of a room.
const ownerTimeout = 2 * time.Second

// isElsewhere reports whether an error of the engine says that another node has the room.
func isElsewhere(err error) bool {
	var owned interface{ NotOwner() bool }
	return errors.As(err, &owned) && owned.NotOwner()
}
