package protocol

import (
	"github.com/civicpress/civic-realtime/codec/jsontext"
)

// A Signal is a presence event that the server does not know, such as "typing" or "idle": it is passed on with
// what else its sender says of it, and nothing of it is kept.

// maxEvent is the length in bytes of the longest event that is passed on.
const maxEvent = 64

// signal makes m a Signal of an event, with the members of a JSON object. An event that a server sends of its own
// accord, or that is too long, is Unknown.
func (m *Message) signal(event, object []byte) {
	m.Kind = Unknown
	switch string(event) {
	case "", "joined", "left", "cursor", "awareness":
		return
	}
	if len(event) <= maxEvent {
		m.Kind, m.Text, m.Body = Signal, string(event), object
	}
}

// appendSignalMembers appends what a Signal says beside its event and its sender, each member after a comma.
func appendSignalMembers(dst, object []byte) []byte {
	for name, value := range jsontext.Members(object) {
		switch string(name) {
		case "type", "event", "user":
		default:
			dst = jsontext.AppendQuoted(append(dst, ','), string(name))
			dst = append(append(dst, ':'), value...)
		}
	}
	return dst
}

// signalObject is that as an object.
func signalObject(object []byte) string {
	b := appendSignalMembers([]byte{'{'}, object)
	if len(b) > 1 { // the first comma
		b = append(b[:1], b[2:]...)
	}
	return string(append(b, '}'))
}
