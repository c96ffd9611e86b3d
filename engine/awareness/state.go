package awareness

import (
	"bytes"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// state is the awareness state of a client id that is present.
type state struct {
	clock     uint64 // the owner's
	sentClock uint64 // the clock that others are sent: clock or clock+1, more after a takeover
	owner     *Peer
	renewed   time.Duration // since Config.Epoch: when the owner last sent a later clock

	text     []byte // the state, then the cursor, both JSON
	cursorAt uint32 // where the cursor begins

	unsent         unsent
	synthetic      bool // the server made it, for a peer that sends none
	relayed        bool // its owner sends it for another client, as browser tabs do
	changed        bool // the state has changed since it was last sent
	moved          bool // the cursor has changed since it was last sent
	separateCursor bool // the cursor came alone, and is kept until a state has one
}

// unsent is the part of a state that others are still to be sent.
type unsent uint8

const (
	unsentNothing unsent = iota
	unsentRenewal        // only a renewal, which is sent at Room.renewAt
	unsentChange         // it is in Room.changed
)

// json returns the state as others are sent it, never null.
func (s *state) json() []byte { return s.text[:s.cursorAt] }

// cursor returns the owner's cursor, null if it has none.
func (s *state) cursor() []byte {
	if !s.hasCursor() {
		return noCursor
	}
	return s.text[s.cursorAt:]
}

func (s *state) hasCursor() bool { return len(s.text) > int(s.cursorAt) }

// set replaces the state and the cursor.
func (s *state) set(json, cursor []byte) {
	s.changed, s.separateCursor = true, false
	s.moved = s.moved || !bytes.Equal(cursor, s.cursor())
	if s.text == nil {
		s.text = make([]byte, 0, len(json)+len(cursor))
	}
	s.text = append(s.text[:0], json...)
	s.cursorAt = uint32(len(json))
	s.appendCursor(cursor)
}

// setCursor replaces the cursor, which came without a state.
func (s *state) setCursor(cursor []byte) {
	s.moved = s.moved || !bytes.Equal(cursor, s.cursor())
	s.text = s.text[:s.cursorAt]
	s.appendCursor(cursor)
	s.separateCursor = true
}

func (s *state) appendCursor(cursor []byte) {
	if !bytes.Equal(cursor, noCursor) {
		s.text = append(s.text, cursor...)
	}
}

// renewSynthetic sets the next clock of a synthetic state, as its owner would.
func (s *state) renewSynthetic(now time.Duration) {
	s.clock, s.sentClock, s.renewed = s.clock+1, s.clock+1, now
}

// update returns the update about s, with the flags of its unsent changes.
func (s *state) update(client uint64) update {
	return update{
		AwarenessEntry: yjs.AwarenessEntry{Client: client, Clock: s.sentClock, State: s.json()},
		owner:          s.owner, user: s.owner.user,
		cursor: s.cursor(), changed: s.changed, moved: s.moved,
	}
}
