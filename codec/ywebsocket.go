package codec

// YWebsocket is the protocol of the npm package y-websocket, versions 1 to 4,
// in binary frames:
//
//	0 sync       { 0 step 1, state vector | 1 step 2, update | 2 update, update }
//	1 awareness  awareness update
//	2 auth       { 0 permission denied, reason }
//	3 query      awareness
//
// Numbers are varUints, vectors and updates varUint8Arrays, the reason a
// varString. A frame may hold several messages.
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

const yDenied = 0

// Name implements Protocol.
func (YWebsocket) Name() string { return "y-websocket" }

// Text implements Protocol.
func (YWebsocket) Text() bool { return false }

// Next implements Protocol. Numbers it does not know are ErrMessage.
func (YWebsocket) Next(payload []byte, m *Message) (rest []byte, err error) {
	r := NewReader(payload)
	*m = Message{Kind: r.yKind()}
	switch m.Kind {
	case Denied:
		m.Body = r.String()
	case AwarenessRequest:
	default:
		m.Body = r.Bytes()
	}
	if r.err != nil {
		*m = Message{}
		return payload, r.err
	}
	return payload[r.off:], nil
}

func (r *Reader) yKind() Kind {
	start := r.off
	switch outer := r.Uvarint(); outer {
	case ySync:
		return r.ySyncKind()
	case yAwareness:
		return Awareness
	case yQueryAwareness:
		return AwarenessRequest
	case yAuth:
		if r.Uvarint() == yDenied {
			return Denied
		}
	}
	r.failAt(start, ErrMessage)
	return 0
}

func (r *Reader) ySyncKind() Kind {
	start := r.off
	switch r.Uvarint() {
	case yStep1:
		return SyncRequest
	case yStep2:
		return SyncReply
	case yUpdate:
		return Update
	}
	r.failAt(start, ErrMessage)
	return 0
}

// Append implements Protocol.
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
	case Denied:
		dst = append(dst, yAuth, yDenied)
	case AwarenessRequest:
		return append(dst, yQueryAwareness)
	}
	return AppendBytes(dst, m.Body)
}
