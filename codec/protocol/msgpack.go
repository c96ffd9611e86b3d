package protocol

import (
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

// MsgPack is CivicPress' protocol in MessagePack, in binary frames, one message per frame. A
// message is an array of a kind and its fields, in the order of docs/protocol.md; further fields
// are for later versions and ignored. An update, the most frequent message, is the exception: it is
// a bin, or an array of a bin and its version.
type MsgPack struct{}

// The kinds on the wire.
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
	packKick
	packLock
	packUnlock
	packAccess
)

const (
	// packOverhead is how many bytes longer than its update an Update may be.
	packOverhead = 8
	// packAroundBytes is the length of the rest of a SyncReply: array, kind, length of a bin,
	// version.
	packAroundBytes = 1 + 1 + 3 + 9
)

// Name implements Protocol.
func (MsgPack) Name() string { return "civicpress.v1.msgpack" }

// Text implements Protocol.
func (MsgPack) Text() bool { return false }

// Native implements Protocol.
func (MsgPack) Native() bool { return true }

// Receipts implements Protocol.
func (MsgPack) Receipts() Receipts { return Summed }

// MaxUpdate implements Protocol.
func (MsgPack) MaxUpdate() int { return websocket.MaxFragment - packAroundBytes }

// Next implements Protocol. A message without a field that its kind needs is ErrMessage.
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

// message reads a message.
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

// numbered reads the rest of a message whose first field is its kind.
func (r *packReader) numbered(m *Message) {
	kind := r.field().uint()
	if r.err != nil {
		return
	}
	switch kind {
	case packSyncRequest:
		m.Kind, m.Body = SyncRequest, r.vector()
	case packSyncReply: // read like an Update
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
		r.steering(kind, m)
	}
}

// steering reads the rest of a message by which an administrator steers the room, or of an unknown
// one.
func (r *packReader) steering(kind uint64, m *Message) {
	switch kind {
	case packKick:
		m.Kind, m.User = Kick, &User{ID: r.word()}
		m.Text, m.Count = r.optionalText(), r.optionalUint()
	case packLock:
		m.Kind, m.Text = Lock, r.optionalText()
	case packUnlock:
		m.Kind = Unlock
	case packNotice:
		at := r.offset()
		m.Kind, m.Code, m.Text = Notice, r.word(), r.word()
		if !isLevel(m.Code) {
			r.fail(at, ErrMessage)
		}
	default:
		m.Kind = Unknown
	}
}

// word reads a string that is not empty.
func (r *packReader) word() string {
	at := r.offset()
	text := r.field().str()
	if r.err == nil && len(text) == 0 {
		r.fail(at, ErrMessage)
	}
	return string(text)
}

// optionalText reads a string, which is empty if the field is missing or nil.
func (r *packReader) optionalText() string {
	if !r.has() {
		return ""
	}
	return string(r.field().str())
}

// object reads a JSON object, nothing if the field is missing or nil.
func (r *packReader) object() []byte {
	if !r.has() {
		return nil
	}
	at := r.offset()
	text := r.field().json()
	if r.err == nil && !jsontext.IsObject(text) {
		r.fail(at, ErrMessage)
	}
	return text
}

// vector reads a state vector, that of an empty document if the field is missing or nil.
func (r *packReader) vector() []byte {
	if r.has() {
		return r.field().bin()
	}
	return emptyVector(r.payload)
}
