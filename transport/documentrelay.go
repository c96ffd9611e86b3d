package transport

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/handon"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// A connection with several documents is served by the node that it came to, as its URL names no
// room. A document whose room another node has is relayed to that node: over a stream of package
// handon this node is a client of the owner's, for that document alone, and passes its messages
// both ways (documentpass.go). When the stream ends, the document is opened again where its room is
// by then.

// route relays the document if another node has its room. It reports false if it is to be opened
// here.
func (s *session) route(ctx context.Context, r *joinRequest) (done bool) {
	server := s.conn.server
	owners := server.cfg().Owners
	if owners == nil || s.conn.handedOn || r.err != nil {
		return false
	}
	limited, cancel := context.WithTimeout(ctx, ownerTimeout)
	defer cancel()
	peer, err := owners.Owner(limited, r.room.String())
	if err == nil && (peer == "" || server.engine.Leased(r.room)) {
		return false
	}
	if err == nil {
		err = s.relayTo(ctx, r, peer)
	}
	if err != nil && ctx.Err() == nil {
		server.samples.Log(limit.SampleKey{Message: "documents cannot be handed on", Client: peer},
			limit.Event{Level: slog.LevelInfo, Attrs: []slog.Attr{
				slog.String("node", peer), slog.String("reason", err.Error()),
			}})
		s.refuseDocument(*r, errNoOwner)
	}
	return true
}

// relayTo opens the document at the node with an address.
func (s *session) relayTo(ctx context.Context, r *joinRequest, peer string) error {
	c, server := s.conn, s.conn.server
	peers := server.cfg().Peers
	peers.AtTicks = server.pollers.AtTicks
	stream, err := server.dialer.Dial(ctx, &peers, peer, handon.Preamble{
		Room: r.room.String(), Remote: netip.AddrPortFrom(c.peerAddr, 0),
		Client: c.clientAddr, Secure: c.documents.secure,
	})
	if err != nil {
		if !errors.As(err, new(*handon.RefusedError)) {
			server.cfg().Owners.Unreachable(r.room.String(), peer)
		}
		return err
	}
	remote := &remoteDocument{session: s, stream: stream, peer: peer, room: r.room}
	remote.received.Store(int64(c.now()))
	remote.waits.Store(idle)
	if err := remote.handshake(server.cfg()); err != nil || !s.startRelay(remote) {
		_ = stream.Close()
		return err
	}
	server.counters.handedOn.Inc()
	stream.Notify(remote)
	remote.begin()
	return nil
}

// startRelay begins to relay what was kept, after the token. It reports false if the client does
// not want the document any more.
func (s *session) startRelay(remote *remoteDocument) bool {
	c, d := s.conn, s.document
	c.reading.Lock()
	defer c.reading.Unlock()
	if d.phase != phaseOpening || c.phase == over {
		return false
	}
	d.setPhase(inRoom)
	d.cancelOpening()
	s.setRemote(remote)
	u := d.unsettle()
	u.hasNext = false
	first := []protocol.Message{{Kind: protocol.Auth, Body: append([]byte{}, d.token...)}}
	if c.documents.pings {
		first[0].Text = "4"
	}
	remote.surplus.Store(noSurplus)
	if d.resumes {
		remote.surplus.Store(d.unacked.Load() - 1)
		first = append(first, protocol.Message{Kind: protocol.SyncRequest, Body: []byte{0}})
	}
	d.resumes = true
	kept := u.kept
	for i := len(first) - 1; i >= 0; i-- {
		kept = append([][]byte{protocol.Hocuspocus{}.Append(nil, first[i])}, kept...)
		c.documents.kept++
		c.documents.keptBytes += int32(len(kept[0]))
	}
	u.kept = kept
	remote.toNode = true
	go s.passToNode(remote)
	return true
}

// noSurplus says that the client's next step 2 has one Ack. Another value is by how many more it
// has, as the other node does not know of updates from before.
const noSurplus = -1 << 20

// endRelay ends the relaying of the document, for a reason of the node's.
func (s *session) endRelay(remote *remoteDocument, why *engine.CloseError) {
	c, d := s.conn, s.document
	_ = remote.stream.Close()
	c.reading.Lock()
	defer c.reading.Unlock()
	if d.remote.Load() != remote {
		return
	}
	s.setRemote(nil)
	s.dropKept()
	if c.closing.Load() || d.phase != inRoom {
		return
	}
	c.server.counters.documentsEnded[reasonOf(why)].Inc()
	switch {
	case why.Code == closeNotAuthenticated && remote.denied.Load():
		d.setPhase(refused)
	case why.Code == closeNotAuthenticated, comesBack(why.Code):
		s.openLater()
	default:
		d.setPhase(refused)
		d.denied = true
		go s.send(protocol.Message{Kind: protocol.Refusal, Text: why.Reason})
	}
	if all := c.documents; all.waits {
		all.waits = false
		go c.resume()
	}
}
