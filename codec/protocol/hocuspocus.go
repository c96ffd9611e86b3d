package protocol

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

// Hocuspocus is the protocol of the npm package @hocuspocus/provider, versions 3 and 4, in binary
// frames. A connection carries several documents: each frame begins with an address, and has one
// message for the document of that. Payloads are what follows the address:
//
//	0 sync       { 0 step 1, state vector | 1 step 2, update | 2 update, update }
//	1 awareness  awareness update
//	2 auth       { 0 token, version of the provider (from 4 on) | 1 denied, reason | 2 scope }
//	3 query      awareness
//	5 stateless  text
//	7 close      from servers: reason
//	8 status     from servers: 1 an update is saved | 0 it is refused
//
// Numbers are varUints, vectors and updates varUint8Arrays, texts varStrings. From a server an auth
// of type 0 has nothing more, and asks for a token. What follows a message in its frame is ignored,
// as later versions of the provider append fields. AppendAddress and CutAddress are for addresses.
type Hocuspocus struct{}

const (
	hSync           = 0
	hAwareness      = 1
	hAuth           = 2
	hQueryAwareness = 3
	hStateless      = 5
	hBroadcast      = 6 // from server to server; an error from a client
	hClose          = 7
	hStatus         = 8

	// HocuspocusPing and HocuspocusPong are frames of one byte, without an address. Providers
	// before version 4 do not know them.
	HocuspocusPing = 9
	HocuspocusPong = 10
)

const (
	hToken = iota
	hDenied
	hScope
)

// MaxAddress is the length in bytes of the longest address: the name of a document and, behind a
// NUL, the id of a session.
const MaxAddress = 512

// CutAddress returns the address that a frame of Hocuspocus begins with, which may be longer than
// MaxAddress, and the payload behind it. ok is false if the frame does not have both.
func CutAddress(frame []byte) (address, payload []byte, ok bool) {
	r := lib0.NewReader(frame)
	address = r.String()
	return address, r.Rest(), r.Err() == nil && len(address) > 0 && r.Len() > 0
}

// AppendAddress appends an address.
func AppendAddress(dst []byte, address string) []byte { return lib0.AppendString(dst, address) }

// NameOf returns the name of the document in an address.
func NameOf(address string) string {
	for i := range len(address) {
		if address[i] == 0 {
			return address[:i]
		}
	}
	return address
}

// Name implements Protocol.
func (Hocuspocus) Name() string { return "hocuspocus" }

// Text implements Protocol.
func (Hocuspocus) Text() bool { return false }

// Native implements Protocol.
func (Hocuspocus) Native() bool { return false }

// Receipts implements Protocol.
func (Hocuspocus) Receipts() Receipts { return Counted }

// MaxUpdate implements Protocol.
func (Hocuspocus) MaxUpdate() int { return websocket.MaxFragment - 2 - 3 - 2 - MaxAddress }

// Next implements Protocol. rest is always empty.
func (Hocuspocus) Next(payload []byte, m *Message) (rest []byte, err error) {
	r := lib0.NewReader(payload)
	*m = Message{Kind: hKind(&r)}
	switch m.Kind {
	case Auth:
		if m.Body = r.String(); r.Len() > 0 {
			m.Text = string(r.String())
		}
	case Stateless:
		m.Body = r.String()
	case AwarenessRequest, Detach, Unknown:
	default:
		m.Body = r.Bytes()
	}
	if err := r.Err(); err != nil {
		*m = Message{}
		return payload, err
	}
	return nil, nil
}

func hKind(r *lib0.Reader) Kind {
	switch r.Uvarint() {
	case hSync:
		return ySyncKind(r)
	case hAwareness:
		return Awareness
	case hAuth:
		if r.Uvarint() == hToken {
			return Auth
		}
		r.Fail(ErrMessage)
	case hQueryAwareness:
		return AwarenessRequest
	case hStateless:
		return Stateless
	case hClose:
		return Detach
	case hBroadcast, hStatus:
		r.Fail(ErrMessage)
	}
	return Unknown
}

// Append implements Protocol. It has a form for Acks with a Count of 1 or 0, and for an Auth with a
// token.
func (Hocuspocus) Append(dst []byte, m Message) []byte {
	switch m.Kind {
	case SyncRequest, SyncReply, Update:
		return lib0.AppendBytes(append(dst, hSync, byte(hSyncTypes[m.Kind])), m.Body)
	case Awareness:
		return lib0.AppendBytes(append(dst, hAwareness), m.Body)
	case AwarenessRequest:
		return append(dst, hQueryAwareness)
	case Stateless:
		return lib0.AppendBytes(append(dst, hStateless), m.Body)
	case Ack:
		return append(dst, hStatus, byte(min(m.Count, 1)))
	case Access:
		return lib0.AppendString(append(dst, hAuth, hScope), scopeOf(m.Room))
	}
	return appendHControl(dst, m)
}

var hSyncTypes = [...]int{SyncRequest: yStep1, SyncReply: yStep2, Update: yUpdate}

// appendHControl appends the messages about a session.
func appendHControl(dst []byte, m Message) []byte {
	switch m.Kind {
	case Refusal:
		return lib0.AppendString(append(dst, hAuth, hDenied), m.Text)
	case TokenRequest:
		return append(dst, hAuth, hToken)
	case Detach:
		return lib0.AppendString(append(dst, hClose), m.Text)
	case Auth:
		if m.Body == nil {
			return dst
		}
		dst = lib0.AppendBytes(append(dst, hAuth, hToken), m.Body)
		if m.Text != "" {
			dst = lib0.AppendString(dst, m.Text)
		}
	}
	return dst
}

func scopeOf(room *Room) string {
	if room.ReadOnly {
		return "readonly"
	}
	return "read-write"
}

// AddressFrames appends WebSocket frames of the server's, which are one message of Hocuspocus
// without its address, with that in front. address is encoded (AppendAddress). Only the first frame
// grows.
func AddressFrames(dst, frames, address []byte) []byte {
	header, length := websocket.UnmaskedHeader(frames)
	dst = websocket.AppendHeader(dst, websocket.OpBinary, frames[0]&websocket.Final != 0,
		length+len(address))
	dst = append(dst, address...)
	return append(dst, frames[header:]...)
}

// Saves reports whether WebSocket frames of the server's, without an address, say that an update is
// saved.
func Saves(frames []byte) bool {
	return len(frames) == 4 && frames[2] == hStatus && frames[3] == 1
}

// IsHocuspocus reports whether a frame is a message of Hocuspocus of a known type.
func IsHocuspocus(frame []byte) bool {
	_, payload, ok := CutAddress(frame)
	if !ok {
		return false
	}
	var m Message
	_, err := Hocuspocus{}.Next(payload, &m)
	return err == nil && m.Kind != Unknown
}

// HocuspocusKind returns the kind of the message in a payload, of which it reads only the type.
func HocuspocusKind(payload []byte) Kind {
	r := lib0.NewReader(payload)
	k := hKind(&r)
	if r.Err() != nil {
		return Unknown
	}
	return k
}
