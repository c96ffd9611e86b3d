package awareness

import (
	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/protocol"
)

// Awareness states are JSON. Editors keep the user under "user" and the position of
// the caret under "cursor".

// fields are the members of a state that the server reads, as JSON. They are nil when absent.
type fields struct{ user, cursor []byte }

func readFields(state []byte) (f fields) {
	for name, value := range jsontext.Members(state) {
		switch string(name) {
		case "user":
			f.user = value
		case "cursor":
			f.cursor = value
		}
	}
	return f
}

// nameAndColor returns the user's name and colour, which are empty when absent.
func (f fields) nameAndColor() (name, color string) {
	for key, value := range jsontext.Members(f.user) {
		switch string(key) {
		case "name":
			name, _ = jsontext.Unquote(value)
		case "color":
			color, _ = jsontext.Unquote(value)
		}
	}
	return name, color
}

// appendStamped appends state with the id and the name of u in the place of those of its own user.
// All other members stay, and a colour is added if there is none. A state that is not an object is
// replaced by one.
func appendStamped(dst, state []byte, f fields, u protocol.User) []byte {
	dst = append(dst, '{')
	for name, value := range jsontext.Members(state) {
		if string(name) != "user" {
			dst = append(appendMember(dst, string(name), value), ',')
		}
	}
	dst = append(dst, `"user":{`...)
	colored := false
	for name, value := range jsontext.Members(f.user) {
		if string(name) == "id" || string(name) == "name" {
			continue
		}
		colored = colored || string(name) == "color"
		dst = append(appendMember(dst, string(name), value), ',')
	}
	dst = jsontext.AppendQuoted(append(dst, `"id":`...), u.ID)
	dst = jsontext.AppendQuoted(append(dst, `,"name":`...), u.Name)
	if !colored {
		dst = jsontext.AppendQuoted(append(dst, `,"color":`...), u.Color)
	}
	return append(dst, "}}"...)
}

func appendMember(dst []byte, name string, value []byte) []byte {
	return append(append(jsontext.AppendQuoted(dst, name), ':'), value...)
}

// stampLength returns the number of bytes that appendStamped adds to a state without a user.
func stampLength(u protocol.User) int { return len(appendStamped(nil, []byte("{}"), fields{}, u)) }

// isStampedFor reports whether the user in a state has u's id.
func isStampedFor(state []byte, u protocol.User) bool {
	for name, value := range jsontext.Members(readFields(state).user) {
		if id, ok := jsontext.Unquote(value); ok && string(name) == "id" && id == u.ID {
			return true
		}
	}
	return false
}

// appendSynthetic appends the state of a peer that sends none itself. Editors that draw carets read
// relative positions and fail on any other cursor, so such a cursor becomes null.
func appendSynthetic(dst []byte, u protocol.User, cursor []byte) []byte {
	dst = jsontext.AppendQuoted(append(dst, `{"user":{"id":`...), u.ID)
	dst = jsontext.AppendQuoted(append(dst, `,"name":`...), u.Name)
	dst = jsontext.AppendQuoted(append(dst, `,"color":`...), u.Color)
	dst = append(dst, `},"cursor":`...)
	if !isRelativeCursor(cursor) {
		cursor = noCursor
	}
	return append(append(dst, cursor...), '}')
}
