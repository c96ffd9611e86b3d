package protocol

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

// YWebsocket is the protocol of the npm package y-websocket, versions 1 to 4,
// in binary frames:
//
//	0 sync       { 0 step 1, state vector | 1 step 2, update | 2 update, update }
//	1 awareness  awareness update
//	2 auth       { 0 permission denied, reason | 1 fresh token, token }
//	3 query      awareness
//
// Numbers are varUints, vectors and updates varUint8Arrays, reason and token
// varStrings. A frame may have several messages. The fresh token is an extension of
// this server: the package sends none, and does not use that number. Programs that
// extend the protocol send messages of other numbers, which are Unknown.
type YWebsocket struct{}

const (
	ySync = iota
	yAwareness
	yAuth
	yQueryAwareness
)

const (
	yStep1 = iota
	yStep2
	yUpdate
)

const (
	yDenied = iota
	yToken
)

// Name implements Protocol.
func (YWebsocket) Name() string { return "y-websocket" }

// Text implements Protocol.
func (YWebsocket) Text() bool { return false }

// Native implements Protocol.
func (YWebsocket) Native() bool { return false }

// Receipts implements Protocol.
func (YWebsocket) Receipts() Receipts { return Echoed }

// MaxUpdate implements Protocol.
func (YWebsocket) MaxUpdate() int { return websocket.MaxFragment - 2 - 3 }

// Next implements Protocol.
func (YWebsocket) Next(payload []byte, m *Message) (rest []byte, err error) {
	r := lib0.NewReader(payload)
	*m = Message{Kind: yKind(&r)}
	switch m.Kind {
	case Failure:
		m.Code, m.Text = CodePermissionDenied, string(r.String())
	case Auth:
		m.Body = r.String()
	case AwarenessRequest:
	case Unknown:
		r.Take(uint64(r.Len()))
	default:
		m.Body = r.Bytes()
	}
	if err := r.Err(); err != nil {
		*m = Message{}
		return payload, err
	}
	return r.Rest(), nil
}

func yKind(r *lib0.Reader) Kind {
	switch r.Uvarint() {
	case ySync:
		return ySyncKind(r)
	case yAwareness:
		return Awareness
	case yQueryAwareness:
		return AwarenessRequest
	case yAuth:
		return yAuthKind(r)
	}
	return Unknown
}

func yAuthKind(r *lib0.Reader) Kind {
	switch r.Uvarint() {
	case yDenied:
		return Failure
	case yToken:
		return Auth
	}
	return Unknown
}

func ySyncKind(r *lib0.Reader) Kind {
	switch r.Uvarint() {
	case yStep1:
		return SyncRequest
	case yStep2:
		return SyncReply
	case yUpdate:
		return Update
	}
	return Unknown
}

// Append implements Protocol. It has a form for a Failure that denies permission, and for an Auth
// with a token.
func (YWebsocket) Append(dst []byte, m Message) []byte {
	switch m.Kind {
	case SyncRequest:
		dst = append(dst, ySync, yStep1)
	case SyncReply:
		dst = append(dst, ySync, yStep2)
	case Update:
		dst = append(dst, ySync, yUpdate)
	case Awareness:
		dst = append(dst, yAwareness)
	case Failure:
		if deniesPermission(m.Code) {
			dst = lib0.AppendString(append(dst, yAuth, yDenied), m.Text)
		}
		return dst
	case Auth:
		if len(m.Body) > 0 {
			dst = lib0.AppendBytes(append(dst, yAuth, yToken), m.Body)
		}
		return dst
	case AwarenessRequest:
		return append(dst, yQueryAwareness)
	default:
		return dst
	}
	return lib0.AppendBytes(dst, m.Body)
}
