package protocol

import (
	"cmp"
	"sync"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/civicpress/civic-realtime/codec/lib0"
)

// packWriter appends MessagePack values to b. Its writes cannot fail.
type packWriter struct {
	b       []byte
	encoder *msgpack.Encoder
}

var packWriters = sync.Pool{New: func() any {
	w := new(packWriter)
	w.encoder = msgpack.NewEncoder((*packSink)(w))
	return w
}}

// packSink is the io.Writer of a packWriter's encoder.
type packSink packWriter

func (s *packSink) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

func (s *packSink) WriteByte(c byte) error {
	s.b = append(s.b, c)
	return nil
}

func (w *packWriter) array(n int)   { w.encoder.EncodeArrayLen(n) }
func (w *packWriter) uint(n uint64) { w.encoder.EncodeUint(n) }
func (w *packWriter) int(n int64)   { w.encoder.EncodeInt(n) }
func (w *packWriter) bool(v bool)   { w.encoder.EncodeBool(v) }
func (w *packWriter) str(s string)  { w.encoder.EncodeString(lib0.ToValidUTF8(s)) }

// bin writes b as a bin, even if it is nil.
func (w *packWriter) bin(b []byte) {
	w.encoder.EncodeBytesLen(len(b))
	w.b = append(w.b, b...)
}

// begin writes the header of a message of a kind with so many fields.
func (w *packWriter) begin(kind uint64, fields int) {
	w.array(1 + fields)
	w.uint(kind)
}

// Append implements Protocol. It has forms for the messages of servers; that of an Update is the
// clients' as well.
func (MsgPack) Append(dst []byte, m Message) []byte {
	w := packWriters.Get().(*packWriter)
	w.b = dst
	w.message(m)
	dst, w.b = w.b, nil
	packWriters.Put(w)
	return dst
}

func (w *packWriter) message(m Message) {
	switch m.Kind {
	case Update:
		w.update(m)
	case SyncReply:
		w.begin(packSyncReply, 2)
		w.bin(m.Body)
		w.uint(m.Version)
	case Awareness, Cursor, Joined, Left, Signal:
		w.presence(m)
	case RoomState:
		w.roomState(m)
	case Access:
		w.access(m)
	case Auth:
		w.expiry(m.Time)
	case Pong:
		w.begin(packPong, 1)
		w.int(m.Time)
	default:
		w.status(m)
	}
}

// update writes an update, with its version if that takes at most packOverhead bytes more than the
// update itself.
func (w *packWriter) update(m Message) {
	before := len(w.b)
	w.array(2)
	w.encoder.EncodeBytesLen(len(m.Body))
	w.uint(m.Version)
	fits := len(w.b)-before <= packOverhead
	w.b = w.b[:before]
	if fits {
		w.array(2)
	}
	w.bin(m.Body)
	if fits {
		w.uint(m.Version)
	}
}

func (w *packWriter) presence(m Message) {
	switch m.Kind {
	case Awareness:
		w.begin(packAwareness, 2)
		w.bin(m.Body)
		w.str(m.From)
	case Cursor:
		w.begin(packCursor, 2)
		w.str(cmp.Or(string(m.Body), "null"))
		w.str(m.From)
	case Signal:
		w.begin(packSignal, 3)
		w.str(m.Text)
		w.str(signalObject(m.Body))
		w.str(m.From)
	case Left:
		w.begin(packLeft, 1)
		w.str(m.From)
	case Joined:
		if m.User != nil {
			w.begin(packJoined, 3)
			w.user(*m.User)
		}
	}
}

func (w *packWriter) user(u User) {
	w.str(u.ID)
	w.str(u.Name)
	w.str(u.Color)
}

func (w *packWriter) roomState(m Message) {
	if m.Room == nil {
		return
	}
	w.begin(packRoomState, 8)
	w.str(m.Room.ID)
	w.array(len(m.Room.Participants))
	for _, u := range m.Room.Participants {
		w.array(3)
		w.user(u)
	}
	w.bin(m.Body)
	w.uint(m.Version)
	w.bool(m.Room.ReadOnly)
	if len(m.Room.StateVector) > 0 {
		w.bin(m.Room.StateVector)
	} else {
		w.encoder.EncodeNil()
	}
	w.uint(uint64(max(m.Room.More, 0)))
	w.uint(m.Room.Settled)
}

// access writes an Access.
func (w *packWriter) access(m Message) {
	if m.Room != nil {
		w.begin(packAccess, 1)
		w.bool(m.Room.ReadOnly)
	}
}

// expiry writes an Auth: a new token was accepted, which expires at a Unix time in milliseconds, 0
// for never.
func (w *packWriter) expiry(at int64) {
	if at == 0 {
		w.begin(packAuth, 0)
		return
	}
	w.begin(packAuth, 1)
	w.int(at)
}

// status writes an Ack, Failure, Notice or Revoked.
func (w *packWriter) status(m Message) {
	switch m.Kind {
	case Ack:
		w.begin(packAck, 2)
		w.uint(m.Version)
		w.uint(m.Count)
	case Failure:
		w.begin(packError, 2)
		w.str(m.Code)
		w.str(m.Text)
	case Notice:
		w.begin(packNotice, 2)
		w.str(m.Code)
		w.str(m.Text)
	case Revoked:
		w.begin(packRevoked, 1)
		w.str(m.Text)
	}
}
