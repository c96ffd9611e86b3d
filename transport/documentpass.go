package transport

import (
	"bytes"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// relay passes a message to the node that serves the document, or keeps it while that takes
// nothing; reading is held.
func (s *session) relay(f websocket.Frame, payload []byte) {
	remote := s.document.remote.Load()
	if remote.toNode {
		s.keep(f, payload)
		return
	}
	a := addressedFrames.Get().(*addressed)
	a.wire = protocol.AppendAddress(a.wire[:0], s.document.address)
	a.bytes = appendMasked(a.bytes[:0], websocket.OpBinary, a.wire, payload)
	remote.tryWrite(a.bytes)
	a.release()
}

// tryWrite passes a frame to the node, and leaves to a goroutine what that does not take at once;
// there must be none, and reading is held.
func (m *remoteDocument) tryWrite(frame []byte) {
	n, err := m.stream.TryWrite(frame)
	m.session.conn.server.relays.toNodes.Add(uint64(n))
	if err == nil && n < len(frame) {
		m.unsent, m.toNode = bytes.Clone(frame[n:]), true
		go m.session.passToNode(m)
	}
}

// passToNode passes to the node what waits for it.
func (s *session) passToNode(remote *remoteDocument) {
	defer s.conn.rescue()
	err := remote.write(remote.unsent)
	wire := protocol.AppendAddress(nil, s.document.address)
	for err == nil {
		payload := s.nextToPass(remote)
		if payload == nil {
			return
		}
		err = remote.write(appendMasked(nil, websocket.OpBinary, wire, payload))
	}
	remote.abort()
}

// write writes everything to the node, piece by piece, so that the sweep notices one that takes
// nothing.
func (m *remoteDocument) write(p []byte) error {
	s := m.session.conn.server
	defer m.waits.Store(idle)
	for len(p) > 0 {
		m.waits.Store(s.clock.Load())
		n, err := m.stream.Write(p[:min(len(p), maxWrite)])
		s.relays.toNodes.Add(uint64(n))
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// nextToPass returns the next message for passToNode; nil if there is none.
func (s *session) nextToPass(remote *remoteDocument) (payload []byte) {
	c, d := s.conn, s.document
	c.reading.Lock()
	defer c.reading.Unlock()
	if d.remote.Load() != remote {
		return nil
	}
	if payload = s.takeKept(); payload != nil {
		return payload
	}
	remote.toNode, remote.unsent = false, nil
	if all := c.documents; all.waits {
		all.waits = false
		go c.resume()
	}
	return nil
}

// Received implements mux.Events.
func (m *remoteDocument) Received(p []byte) {
	m.received.Store(m.session.conn.server.clock.Load())
	m.mu.Lock()
	m.input = append(m.input, p...)
	m.mu.Unlock()
	m.begin()
}

// Ended implements mux.Events.
func (m *remoteDocument) Ended(error) { m.abort() }

// Writable implements mux.Events.
func (m *remoteDocument) Writable() {}

// abort ends the relaying, soon. It reports whether that was not to end yet.
func (m *remoteDocument) abort() (first bool) {
	m.mu.Lock()
	first, m.over = !m.over, true
	m.mu.Unlock()
	m.begin()
	return first
}

// begin makes a goroutine pass what has come from the node, if none does.
func (m *remoteDocument) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.toClient {
		m.toClient = true
		go m.session.passToClient(m)
	}
}

// takeInput moves input to frames, and lets the node send as much again. If there is none, the
// goroutine that passes it is to end.
func (m *remoteDocument) takeInput() (more, over bool) {
	m.mu.Lock()
	p := m.input
	over, m.input = m.over, nil
	m.toClient = len(p) > 0 || over
	m.mu.Unlock()
	if len(p) == 0 {
		return false, over
	}
	m.frames.add(p)
	m.stream.Consumed(len(p))
	return true, false
}

// passToClient passes what has come from the node that serves the document to the client.
func (s *session) passToClient(remote *remoteDocument) {
	defer s.conn.rescue()
	for {
		if why := s.passMessages(remote); why != nil {
			s.endRelay(remote, why)
			return
		}
		switch more, over := remote.takeInput(); {
		case over:
			s.endRelay(remote, errMoved)
			return
		case !more:
			return
		}
	}
}

// passMessages passes whole messages of the node to the client, and answers pings. why is the
// reason for which the relaying is to end; nil: it goes on.
func (s *session) passMessages(remote *remoteDocument) (why *engine.CloseError) {
	for {
		frames, err := remote.frames.next(s.conn.server.cfg().FrameBytes + maxWrite)
		switch {
		case err != nil || s.document.remote.Load() != remote:
			return errMoved
		case frames == nil:
			return nil
		}
		s.conn.server.relays.toClients.Add(uint64(len(frames)))
		header, _ := websocket.UnmaskedHeader(frames)
		switch opcodeOf(frames) {
		case websocket.OpPing:
			s.answerNode(remote, frames[header:])
		case websocket.OpPong:
		case websocket.OpClose:
			return closeReason(frames[header:])
		default:
			if s.passMessage(remote, frames) != nil {
				return errMoved
			}
		}
	}
}

// answerNode answers a ping of the node, unless that is sent something anyway.
func (s *session) answerNode(remote *remoteDocument, payload []byte) {
	s.conn.reading.Lock()
	defer s.conn.reading.Unlock()
	if s.document.remote.Load() == remote && !remote.toNode {
		remote.tryWrite(appendMasked(nil, websocket.OpPong, payload, nil))
	}
}

// passMessage writes a message of the node that serves the document to the client.
func (s *session) passMessage(remote *remoteDocument, frames []byte) error {
	d := s.document
	header, _ := websocket.UnmaskedHeader(frames)
	_, payload, ok := protocol.CutAddress(frames[header:])
	times := 1
	if ok && bytes.Equal(payload, savedStatus) {
		more := remote.surplus.Load()
		if more != noSurplus && remote.replied.CompareAndSwap(true, false) {
			remote.surplus.Store(noSurplus)
			times += int(more)
		}
		for range times {
			d.saved()
		}
	}
	if ok && bytes.HasPrefix(payload, scopeMessage[:2]) {
		s.conn.documents.authenticated.Store(true)
		remote.denied.Store(false)
	} else if ok && bytes.HasPrefix(payload, refusalMessage[:2]) {
		remote.denied.Store(true)
	}
	s.conn.documents.fed.Store(max(1, s.conn.server.clock.Load()))
	for range times {
		if err := s.conn.Write([][]byte{frames}, nil); err != nil {
			return err
		}
	}
	return nil
}

var (
	savedStatus  = protocol.Hocuspocus{}.Append(nil, protocol.Message{Kind: protocol.Ack, Count: 1})
	scopeMessage = protocol.Hocuspocus{}.Append(nil,
		protocol.Message{Kind: protocol.Access, Room: new(protocol.Room)})
	refusalMessage = protocol.Hocuspocus{}.Append(nil, protocol.Message{Kind: protocol.Refusal})
)
