package webhooks

import (
	"encoding/json"
	"strings"
	"time"
)

// roomMark is what an outbox keeps of a room: which version of its document was announced, and a
// later one that was not.
type roomMark struct {
	Incarnation uint64    `json:"i,omitempty"`
	Announced   uint64    `json:"a,omitempty"` // 0: no change, only the beginning
	Pending     uint64    `json:"p,omitempty"` // 0: none
	Users       []User    `json:"u,omitempty"` // of Pending
	Time        time.Time `json:"t,omitzero"`  // of Pending
}

// disabled says since when and why nothing is sent to an endpoint.
type disabled struct {
	Since time.Time `json:"since"`
	Why   string    `json:"why"`
}

// Prefixes of the keys of marks.
const (
	markRoom = "r:" // the name of a room follows
	markOff  = "e:" // the name of an endpoint follows; its value is a disabled
)

// mark returns the mark that shows that an event is in the outbox; ok is false if it has none.
func (e *event) mark() (m Mark, ok bool) {
	switch e.kind {
	case Created:
		return markOf(e.data.Room, roomMark{Incarnation: e.incarnation}), true
	case Changed:
		r := roomMark{Incarnation: e.incarnation, Announced: e.data.Version}
		return markOf(e.data.Room, r), true
	case Deleted:
		return Mark{Key: markRoom + e.data.Room}, true
	}
	return m, false
}

func markOf(room string, r roomMark) Mark {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return Mark{Key: markRoom + room, Data: b}
}

// roomOf returns the room of a mark, and what the mark says; ok is false if it is no room's.
func roomOf(m Mark) (room string, r roomMark, ok bool) {
	room, ok = strings.CutPrefix(m.Key, markRoom)
	return room, r, ok && json.Unmarshal(m.Data, &r) == nil
}

// offMark returns the mark of an endpoint that is off, or with nil of one that is not.
func offMark(name string, d *disabled) Mark {
	m := Mark{Key: markOff + name}
	if d != nil {
		m.Data, _ = json.Marshal(d) // a time and a text
	}
	return m
}

// offOf reads the mark of an endpoint that is off.
func offOf(m Mark) (name string, d disabled, ok bool) {
	name, ok = strings.CutPrefix(m.Key, markOff)
	return name, d, ok && json.Unmarshal(m.Data, &d) == nil
}
