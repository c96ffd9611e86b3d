package engine

import (
	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/protocol"
)

// Awareness states are JSON. Editors keep who somebody is under "user" and where
// their caret is under "cursor".

// claimed is what a state says.
type claimed struct{ user, cursor []byte } // raw; nil when absent

func readState(state []byte) (c claimed) {
	for name, value := range jsontext.Members(state) {
		switch string(name) {
		case "user":
			c.user = value
		case "cursor":
			c.cursor = value
		}
	}
	return c
}

// called is the name and the colour that a state's user has, if it has them.
func (c claimed) called() (name, color string) {
	for key, value := range jsontext.Members(c.user) {
		switch string(key) {
		case "name":
			name, _ = jsontext.Unquote(value)
		case "color":
			color, _ = jsontext.Unquote(value)
		}
	}
	return name, color
}

// appendAuthentic appends state with the id and the name of who, whatever it
// says itself. The rest stays, the colour only where there is one. Of a state that is no object nothing stays.
func appendAuthentic(dst, state []byte, c claimed, who protocol.User) []byte {
	dst = append(dst, '{')
	for name, value := range jsontext.Members(state) {
		if string(name) != "user" {
			dst = append(appendMember(dst, string(name), value), ',')
		}
	}
	dst = append(dst, `"user":{`...)
	colored := false
	for name, value := range jsontext.Members(c.user) {
		if string(name) == "id" || string(name) == "name" {
			continue
		}
		colored = colored || string(name) == "color"
		dst = append(appendMember(dst, string(name), value), ',')
	}
	dst = jsontext.AppendQuoted(append(dst, `"id":`...), who.ID)
	dst = jsontext.AppendQuoted(append(dst, `,"name":`...), who.Name)
	if !colored {
		dst = jsontext.AppendQuoted(append(dst, `,"color":`...), who.Color)
	}
	return append(dst, "}}"...)
}

func appendMember(dst []byte, name string, value []byte) []byte {
	return append(append(jsontext.AppendQuoted(dst, name), ':'), value...)
}

// appendAvatar appends the state that stands for a peer which has none of its own.
// Editors that draw carets read relative positions and choke on others, so no
// other cursor is put in.
func appendAvatar(dst []byte, who protocol.User, cursor []byte) []byte {
	dst = jsontext.AppendQuoted(append(dst, `{"user":{"id":`...), who.ID)
	dst = jsontext.AppendQuoted(append(dst, `,"name":`...), who.Name)
	dst = jsontext.AppendQuoted(append(dst, `,"color":`...), who.Color)
	dst = append(dst, `},"cursor":`...)
	if !drawable(cursor) {
		cursor = noCursor
	}
	return append(append(dst, cursor...), '}')
}

var noCursor = []byte("null")

// drawable says whether a cursor is a pair of relative positions.
func drawable(cursor []byte) bool {
	anchor, head := false, false
	for name, value := range jsontext.Members(cursor) {
		switch string(name) {
		case "anchor":
			anchor = isRelative(value)
		case "head":
			head = isRelative(value)
		}
	}
	return anchor && head
}

// isRelative says whether Yjs' createRelativePositionFromJSON and what follows it take value.
func isRelative(value []byte) bool {
	placed := false
	for name, v := range jsontext.Members(value) {
		switch string(name) {
		case "item", "type":
			if string(v) == "null" {
				continue
			}
			if !isID(v) {
				return false
			}
			placed = true
		case "tname":
			if _, ok := jsontext.Unquote(v); ok {
				placed = true
			} else if string(v) != "null" {
				return false
			}
		}
	}
	return placed
}

func isID(value []byte) bool {
	client, clock := false, false
	for name, v := range jsontext.Members(value) {
		switch string(name) {
		case "client":
			client = isNumber(v)
		case "clock":
			clock = isNumber(v)
		}
	}
	return client && clock
}

func isNumber(value []byte) bool {
	for _, c := range value {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(value) > 0
}
