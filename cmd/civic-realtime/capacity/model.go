package capacity

import (
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/codec/lib0"
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

// Parts of a Yjs update (v1) with one struct of one character.
const (
	client      = 1 << 30 // takes five bytes, as most of Yjs' ids
	stringRef   = 4       // the content is a string
	hasOrigin   = 0x80    // the struct names its left neighbour
	parentNamed = 1       // the parent is a type of the document
)

// typed returns the updates of a person who types n characters, one after the other.
func typed(n int) load.Stream {
	all := make([][]byte, n)
	for k := range all {
		b := lib0.AppendUvarint([]byte{1, 1}, client) // one client, one struct
		b = lib0.AppendUvarint(b, uint64(k))
		if k == 0 {
			b = lib0.AppendString(append(b, stringRef, parentNamed), load.Root)
		} else {
			b = lib0.AppendUvarint(append(b, stringRef|hasOrigin), client)
			b = lib0.AppendUvarint(b, uint64(k-1))
		}
		const text = "the council met on tuesday "
		all[k] = append(lib0.AppendString(b, string(text[k%len(text)])), 0) // nothing is deleted
	}
	s, err := load.NewStream(all)
	if err != nil {
		panic(err) // typed is wrong
	}
	return s
}
