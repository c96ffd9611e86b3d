package protocol

import (
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

// MsgPack is CivicPress' own protocol in MessagePack, in binary frames, one
// message a frame. A message is an array of a kind and its fields, in the order
// in which docs/protocol.md has them; further fields are for later versions
// and ignored. An update, the message of which there are most, is the
// exception: it stands alone, or in an array before its version.
type MsgPack struct{}

// The kinds, as they stand on the wire.
const (
	packSyncRequest = iota
	packSyncReply
	packAwareness
	packCursor
	packJoined
	packLeft
	packRoomState
	packAck
	packError
	packNotice
	packRevoked
	packAuth
	packPing
	packPong
	packSignal
)

const (
	// packOverhead is what an Update may cost beyond its bytes.
	packOverhead = 8
	// packAroundBytes is what a SyncReply costs beyond its bytes: array, kind, length of a bin, version.
	packAroundBytes = 1 + 1 + 3 + 9
)

// Name implements Protocol.
func (MsgPack) Name() string { return "civicpress.v1.msgpack" }

// Text implements Protocol.
func (MsgPack) Text() bool { return false }

// Native implements Protocol.
func (MsgPack) Native() bool { return true }

// MaxUpdate implements Protocol.
func (MsgPack) MaxUpdate() int { return websocket.MaxFragment - packAroundBytes }

// Next implements Protocol. A message without what its kind needs is ErrMessage.
func (MsgPack) Next(payload []byte, m *Message) (rest []byte, err error) {
	r := newPackReader(payload)
	defer r.free()
	*m = Message{}
	r.message(m)
	if r.end(); r.err != nil {
		*m = Message{}
		return payload, r.err
	}
	return payload[len(payload):], nil
}

func (r *packReader) message(m *Message) {
	if msgpcode.IsBin(r.peek()) {
		m.Kind, m.Body = Update, r.bin()
		return
	}
	r.left = r.array()
	if r.left > 0 && msgpcode.IsBin(r.peek()) {
		m.Kind, m.Body, m.Version = Update, r.field().bin(), r.optionalUint()
	} else {
		r.numbered(m)
	}
	r.skip(r.left)
}

// numbered reads a message that begins with its kind.
func (r *packReader) numbered(m *Message) {
	kind := r.field().uint()
	if r.err != nil {
		return
	}
	switch kind {
	case packSyncRequest:
		m.Kind, m.Body = SyncRequest, r.vector()
	case packSyncReply: // an update is one, however it is sent
		m.Kind, m.Body, m.Version = Update, r.field().bin(), r.optionalUint()
	case packAwareness:
		m.Kind, m.Body = Awareness, r.field().bin()
	case packCursor:
		m.Kind, m.Body = Cursor, r.field().json()
	case packJoined:
		m.Kind = Joined
	case packLeft:
		m.Kind = Left
	case packAuth:
		m.Kind, m.Body = Auth, r.field().str()
	case packPing:
		m.Kind = Ping
	case packSignal:
		m.signal(r.field().str(), r.object())
	default:
		m.Kind = Unknown
	}
}

// object is an empty one when none is given.
func (r *packReader) object() []byte {
	if !r.given() {
		return nil
	}
	at := r.offset()
	text := r.field().json()
	if r.err == nil && !jsontext.IsObject(text) {
		r.fail(at, ErrMessage)
	}
	return text
}

// vector is that of an empty document when none is given.
func (r *packReader) vector() []byte {
	if r.given() {
		return r.field().bin()
	}
	return emptyVector(r.payload)
}
