package engine

import (
	"bytes"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// being is a client id that is present.
//
// A client that has lost its connection forgets the states of others and
// remembers their clocks: it does not believe the same state at the same clock
// when it is back. So a state is told again one clock ahead of the owner's. The
// owner hears that too and counts on from there. More than one clock ahead could
// take the owner's next state from it.
type being struct {
	clock uint64 // the owner's
	told  uint64 // what others are told: clock or clock+1
	owner *Peer
	heard time.Duration // by Engine.clock

	said  []byte // state, then cursor
	split uint32 // where the cursor begins

	known   knowledge
	avatar  bool // it is ours, for an owner that does not speak awareness
	relayed bool // its owner passes it on for somebody else, as the tabs of a browser do for each other
	news    bool // since it was last told, state is another
	moved   bool // and so is cursor
	beside  bool // its cursor came apart from state, and stands until a state has one
}

// knowledge is how much of a being others have been told.
type knowledge uint8

const (
	told    knowledge = iota // all
	renewed                  // all but that it was renewed: that is told at presence.renewAt
	untold                   // not all: it is in presence.changed
)

// state is JSON, never null, as it is relayed.
func (b *being) state() []byte { return b.said[:b.split] }

// cursor is JSON: what its owner says of its cursor, null if nothing.
func (b *being) cursor() []byte {
	if !b.pointed() {
		return noCursor
	}
	return b.said[b.split:]
}

func (b *being) pointed() bool { return len(b.said) > int(b.split) }

// say has b in another state, with a cursor.
func (s *presence) say(b *being, state, cursor []byte) {
	s.bytes += len(state) - int(b.split)
	b.news, b.beside = true, false
	b.moved = b.moved || !bytes.Equal(cursor, b.cursor())
	if b.said == nil {
		b.said = make([]byte, 0, len(state)+len(cursor))
	}
	b.said = append(b.said[:0], state...)
	b.split = uint32(len(state))
	b.appendCursor(cursor)
}

// point has b in the same state with another cursor.
func (b *being) point(cursor []byte) {
	b.moved = b.moved || !bytes.Equal(cursor, b.cursor())
	b.said = b.said[:b.split]
	b.appendCursor(cursor)
}

func (b *being) appendCursor(cursor []byte) {
	if !bytes.Equal(cursor, noCursor) {
		b.said = append(b.said, cursor...)
	}
}

func (b *being) utterance(client uint64) utterance {
	return utterance{
		AwarenessEntry: yjs.AwarenessEntry{Client: client, Clock: b.told, State: b.state()},
		owner:          b.owner, person: b.owner.person, cursor: b.cursor(), news: b.news, moved: b.moved,
	}
}
