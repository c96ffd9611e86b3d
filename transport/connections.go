package transport

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// ConnectionState is where a connection is in its life.
type ConnectionState uint8

// The states of a connection.
const (
	ConnectionJoining ConnectionState = iota // its token is checked, or its room is loading
	ConnectionJoined                         // it is in its room
	ConnectionRefused                        // its client was refused, and may try again
	ConnectionClosing                        // a close frame was sent or received, or it is cut off
	ConnectionRelayed                        // another node serves it
)

var connectionStateNames = [...]string{"joining", "joined", "refused", "closing",
	"relayed"}

// String returns the state's name.
func (s ConnectionState) String() string { return connectionStateNames[s] }

// ConnectionInfo describes a connection, or one document of a connection with several. The counts
// of bytes and messages are those of the whole connection.
type ConnectionInfo struct {
	ID       uint64 // no other of the process has it; also the order of their handshakes
	Socket   uint64 // of a document, the number of the connection that carries it and others; 0
	State    ConnectionState
	Room     roomkey.Key // zero while it is in no room, as are the next two
	Peer     uint64      // engine.PeerInfo.ID
	User     string      // id; empty: anonymous
	Protocol string      // empty while it is not known
	Client   netip.Addr  // address of the client
	Proxy    netip.Addr  // of the proxy between; zero: there is none
	Since    time.Time   // end of the handshake, to about a second
	From     string      // name of the node that has handed it on; empty: none
	To       string      // address of the node that it was handed on to; empty: none

	ReceivedBytes, SentBytes       uint64 // with frame headers; without TCP and TLS
	ReceivedMessages, SentMessages uint64 // without control frames from clients; modulo 2³²
	QueuedMessages, QueuedBytes    int    // that wait to be written

	Throttled bool // its client sent too much for too long; it is read more slowly
}

// ConnectionQuery selects connections. The zero value selects all.
type ConnectionQuery struct {
	After uint64      // only those with a higher ConnectionInfo.ID
	Limit int         // how many at most; zero or less: all
	Room  roomkey.Key // only those in this room; zero: any, or none
	User  string      // only those of this user; empty: any
}

// Connections returns the connections that are selected, in the order of their ids, and whether
// there are more: ask for those after the last. It waits for no connection and no room.
func (s *Server) Connections(q ConnectionQuery) (page []ConnectionInfo, more bool) {
	var found []*session
	for slot := range sweepSlots {
		s.conns.each(slot, func(c *conn) {
			c.eachListed(func(s *session) {
				if s.ConnectionID() > q.After && s.isSelected(&q) {
					found = append(found, s)
				}
			})
		})
	}
	slices.SortFunc(found, func(a, b *session) int {
		return cmp.Compare(a.ConnectionID(), b.ConnectionID())
	})
	if q.Limit > 0 && len(found) > q.Limit {
		found, more = found[:q.Limit], true
	}
	page = make([]ConnectionInfo, len(found))
	for i, s := range found {
		page[i] = s.info()
	}
	return s.mergeRelays(page, more, q)
}

// eachListed calls f with every session that is listed: each document of a connection with several,
// or the connection itself while it has none.
func (c *conn) eachListed(f func(*session)) {
	any := false
	c.eachSession(func(s *session) {
		any = true
		f(s)
	})
	if !any {
		f(c.whole())
	}
}

// mergeRelays adds the selected connections that were handed on to a page of others.
func (s *Server) mergeRelays(page []ConnectionInfo, more bool, q ConnectionQuery) (
	[]ConnectionInfo, bool,
) {
	before := len(page)
	for _, r := range s.relays.list() {
		ofRoom := q.Room == (roomkey.Key{}) || q.Room == r.room
		beyond := more && r.id > page[before-1].ID
		if r.id > q.After && ofRoom && q.User == "" && !beyond {
			page = append(page, s.relayInfo(r))
		}
	}
	slices.SortFunc(page, func(a, b ConnectionInfo) int { return cmp.Compare(a.ID, b.ID) })
	if q.Limit > 0 && len(page) > q.Limit {
		return page[:q.Limit], true
	}
	return page, more
}

// relayInfo describes a connection that was handed on.
func (s *Server) relayInfo(r *relay) ConnectionInfo {
	i := ConnectionInfo{
		ID: r.id, State: ConnectionRelayed, Room: r.room, Client: r.client, To: r.peer,
		Since: s.started.Add(r.began),
	}
	if !r.client.IsValid() {
		i.Client = r.remote
	} else if r.client != r.remote {
		i.Proxy = r.remote
	}
	if pipe := s.relays.pipe(r); pipe != nil {
		toNode, toClient := pipe.Progress()
		i.ReceivedBytes, i.SentBytes = toNode.Bytes, toClient.Bytes
	}
	return i
}

// isSelected reports whether the session has the room and the user of a query.
func (s *session) isSelected(q *ConnectionQuery) bool {
	if q.Room == (roomkey.Key{}) && q.User == "" {
		return true
	}
	p := s.peer()
	return p != nil && (q.Room == (roomkey.Key{}) || p.Room() == q.Room) &&
		(q.User == "" || p.User() == q.User)
}

// info describes the session and its connection. It takes no lock but that of a queue.
func (s *session) info() ConnectionInfo {
	c := s.conn
	i := ConnectionInfo{
		ID: s.ConnectionID(), State: s.listedState(), Client: c.address(),
		Since:         c.server.started.Add(time.Duration(c.began) * time.Second),
		ReceivedBytes: c.receivedBytes.Load(), SentBytes: c.sentBytes.Load(),
		ReceivedMessages: uint64(c.receivedMessages.Load()),
		SentMessages:     uint64(c.sentMessages.Load()),
	}
	if c.peerAddr != i.Client {
		i.Proxy = c.peerAddr
	}
	i.From = c.origin().node
	if proto := c.protocol.Load(); proto != nil {
		i.Protocol = (*proto).Name()
	}
	if s.document != nil {
		i.Socket = c.id
	}
	if remote := s.remote(); remote != nil {
		i.Room, i.To = remote.room, remote.peer
	}
	if p := s.peer(); p != nil {
		i.Room, i.Peer, i.User = p.Room(), p.ID(), p.User()
		i.QueuedMessages, i.QueuedBytes = p.Queued()
	}
	if t := c.throttling.Load(); t != nil {
		i.Throttled = t.since.Load() != idle
	}
	return i
}

func (s *session) listedState() ConnectionState {
	c := s.conn
	switch {
	case c.closing.Load():
		return ConnectionClosing
	case s.remote() != nil:
		return ConnectionRelayed
	case s.peer() != nil:
		return ConnectionJoined
	case c.heldBack.Load() != nil, s.document != nil && s.document.isRefused.Load():
		return ConnectionRefused
	}
	return ConnectionJoining
}
