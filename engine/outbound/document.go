package outbound

import (
	"bytes"
	"weak"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// EncodeUpdate encodes a flushed update, split to fit the protocol's longest message.
func EncodeUpdate(
	p protocol.Protocol, update []byte, version uint64, from string,
) (parts []*Message) {
	split(update, p, func(part []byte) {
		parts = append(parts, Encode(Update, p, protocol.Message{
			Kind: protocol.Update, Body: bytes.Clone(part), Version: version, From: from,
		}))
	})
	return parts
}

// EncodeDifference encodes an update as an Answer, split to fit the protocol's longest message, and
// calls f with each message.
func EncodeDifference(p protocol.Protocol, update []byte, version uint64, f func(*Message)) {
	split(update, p, func(part []byte) {
		f(Encode(Answer, p, protocol.Message{Kind: protocol.Update, Body: part, Version: version}))
	})
}

// EncodeReply encodes the Answer to a SyncRequest, whose body is made by appendTo. Its first part
// has at most first bytes. To y-websocket it is one message, as a client takes its arrival to mean
// that nothing is missing.
func EncodeReply(
	p protocol.Protocol, version uint64, first int, appendTo func([]byte) []byte,
) (parts []*Message) {
	m := NewPooled(protocol.SyncReply, appendTo)
	defer m.Release()
	m.Version = version
	if !p.Native() {
		return []*Message{Encode(Answer, p, m.Message)}
	}
	ydoc.SplitWithFirst(yjs.Trust(m.Body), first, p.MaxUpdate(), func(part []byte) {
		encoded := Encode(Answer, p, protocol.Message{
			Kind: protocol.SyncReply, Body: part, Version: version,
		})
		if parts = append(parts, encoded); len(parts) == 1 {
			encoded.Update = bytes.Clone(part)
		} else {
			encoded.first = parts[0]
		}
	})
	return parts
}

// split calls f with update or, if that does not fit a message of p, with several updates that do,
// each valid alone. f borrows them.
func split(update []byte, p protocol.Protocol, f func(part []byte)) {
	ydoc.Split(yjs.Trust(update), p.MaxUpdate(), f)
}

// Documents has the last reply with the whole document for each protocol, as long as some queue
// holds it: fifty peers that join at once share one. The zero value is empty.
type Documents struct{ list []document }

type document struct {
	proto   protocol.Protocol
	version uint64
	parts   []weak.Pointer[Message]
}

// Reply returns the reply of a version. If there is none, encode makes it.
func (s *Documents) Reply(
	p protocol.Protocol, version uint64, encode func() []*Message,
) []*Message {
	i := 0
	for i < len(s.list) && s.list[i].proto != p {
		i++
	}
	if i == len(s.list) {
		s.list = append(s.list, document{proto: p})
	}
	if parts := s.list[i].at(version); parts != nil {
		return parts
	}
	parts := encode()
	s.list[i].keep(version, parts)
	return parts
}

// at returns the parts of a version; nil if one of them has been freed.
func (d *document) at(version uint64) (parts []*Message) {
	if d.version != version {
		return nil
	}
	for _, part := range d.parts {
		m := part.Value()
		if m == nil {
			return nil
		}
		parts = append(parts, m)
	}
	return parts
}

func (d *document) keep(version uint64, parts []*Message) {
	d.version, d.parts = version, d.parts[:0]
	for _, m := range parts {
		d.parts = append(d.parts, weak.Make(m))
	}
}
