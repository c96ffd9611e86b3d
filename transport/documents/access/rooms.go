package access

import (
	"fmt"
	"strings"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Rooms are names of rooms. One that ends with "*" stands for all names that begin with the rest.
type Rooms []string

// ParseRooms returns rooms, after checking that each can be the name of a room.
func ParseRooms(names []string) (Rooms, error) {
	for _, name := range names {
		prefix, pattern := strings.CutSuffix(name, "*")
		_, err := roomkey.Parse(name)
		if strings.Contains(prefix, "*") || err != nil && !(pattern && prefix == "") {
			return nil, fmt.Errorf("%q names no room; write record:by-law-7, or record:* for all "+
				"that begin so", name)
		}
	}
	return names, nil
}

// Has reports whether a room is one of them.
func (r Rooms) Has(room string) bool {
	for _, name := range r {
		prefix, pattern := strings.CutSuffix(name, "*")
		if room == name || pattern && strings.HasPrefix(room, prefix) {
			return true
		}
	}
	return false
}
