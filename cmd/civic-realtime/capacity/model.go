package capacity

import (
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
)

// The model of use.
const (
	inRoom  = 5                // people in a room
	writers = 1                // of them type
	updates = 3.0              // characters a second of a person who types
	moves   = 1.0              // of the cursor, a second
	renewal = 15 * time.Second // interval at which a client renews its awareness
	// documentBytes is the size of a room's document, for the memory.
	documentBytes = 50_000
	// patience is how long updates may be late.
	patience = 5 * time.Second
)

func shapeOf(people int) load.Shape {
	return load.Shape{Rooms: people / inRoom, Clients: inRoom, Writers: writers}
}
