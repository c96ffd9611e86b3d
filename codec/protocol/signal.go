package protocol

import (
	"github.com/civicpress/civic-realtime/codec/jsontext"
)

// A Signal is a presence event that the server does not know, such as "typing" or "idle". It is
// relayed with its members and not stored.

// maxEvent is the length in bytes of the longest event that is relayed.
const maxEvent = 64

// signal makes m a Signal of an event, with the members of a JSON object. An event that servers
// send by themselves, or that is too long, is Unknown.
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

// appendSignalMembers appends the members of a Signal beside its event and sender, each after a
// comma.
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

// signalObject returns these members as an object.
func signalObject(object []byte) string {
	b := appendSignalMembers([]byte{'{'}, object)
	if len(b) > 1 { // the first comma
		b = append(b[:1], b[2:]...)
	}
	return string(append(b, '}'))
}
