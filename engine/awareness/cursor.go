package awareness

import "github.com/civicpress/civic-realtime/codec/jsontext"

// noCursor is the cursor of a state that has none.
var noCursor = []byte("null")

// isRelativeCursor reports whether a cursor, JSON, is a pair of relative positions.
func isRelativeCursor(cursor []byte) bool {
	anchor, head := false, false
	for name, value := range jsontext.Members(cursor) {
		switch string(name) {
		case "anchor":
			anchor = isRelativePosition(value)
		case "head":
			head = isRelativePosition(value)
		}
	}
	return anchor && head
}

// isRelativePosition reports whether Yjs' createRelativePositionFromJSON, and the functions
// that take its result, accept value.
func isRelativePosition(value []byte) bool {
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
