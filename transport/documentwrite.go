package transport

import (
	"sync"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

// addressed are frames with the address of a document in front of each message, in pooled memory.
type addressed struct {
	wire   []byte // the address, encoded
	bytes  []byte
	ends   []int // of the frames, in bytes
	frames [][]byte
}

var addressedFrames = sync.Pool{New: func() any { return new(addressed) }}

// keptAddressed is the capacity in bytes of the largest memory that is pooled.
const keptAddressed = 1 << 20

// address fills a with frames.
func (a *addressed) address(frames [][]byte, address string) {
	a.wire = protocol.AppendAddress(a.wire[:0], address)
	a.bytes, a.ends, a.frames = a.bytes[:0], a.ends[:0], a.frames[:0]
	for _, f := range frames {
		a.bytes = protocol.AddressFrames(a.bytes, f, a.wire)
		a.ends = append(a.ends, len(a.bytes))
	}
	start := 0
	for _, end := range a.ends {
		a.frames = append(a.frames, a.bytes[start:end])
		start = end
	}
}

func (a *addressed) release() {
	if clear(a.frames); cap(a.bytes) <= keptAddressed {
		addressedFrames.Put(a)
	}
}

// write writes frames of the document's, which are shared with others and have no address.
func (s *session) write(frames [][]byte, waits func()) error {
	d := s.document
	for len(frames) > 0 {
		n := step(frames)
		a := addressedFrames.Get().(*addressed)
		a.address(frames[:n], d.address)
		err := s.conn.Write(a.frames, waits)
		a.release()
		if err != nil {
			return err
		}
		d.countSaved(frames[:n])
		frames = frames[n:]
	}
	s.conn.documents.fed.Store(max(1, s.conn.server.clock.Load()))
	return nil
}

// countSaved notes the Acks that the client was sent.
func (d *document) countSaved(frames [][]byte) {
	for _, f := range frames {
		if protocol.Saves(f) {
			d.saved()
		}
	}
}

// saved notes that an update of the client has its Ack.
func (d *document) saved() {
	for n := d.unacked.Load(); n > 0; n = d.unacked.Load() {
		if d.unacked.CompareAndSwap(n, n-1) {
			return
		}
	}
}

// send writes a message of the transport itself to the session's client.
func (s *session) send(m protocol.Message) {
	if s.document == nil {
		s.conn.send(m)
		return
	}
	if frames := s.conn.appendFrames(nil, m); len(frames) > 0 {
		_ = s.write(frames, nil)
	}
}

// sendFailure sends an error that does not end the session.
func (s *session) sendFailure(code, reason string) {
	s.send(protocol.Message{Kind: protocol.Failure, Code: code, Text: reason})
}

// pongFrame answers HocuspocusPing.
var pongFrame = [][]byte{hocuspocusFrame(protocol.HocuspocusPong)}

// hocuspocusFrame returns the frame of a message that has no address.
func hocuspocusFrame(kind byte) []byte {
	return append(websocket.AppendHeader(nil, websocket.OpBinary, true, 1), kind)
}
