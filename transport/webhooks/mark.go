package webhooks

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/engine"
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
	markRoom  = "r:" // the name of a room follows
	markSaved = "s:" // the same; its value is a roomMark of which version a save was announced
	markOff   = "e:" // the name of an endpoint follows; its value is a disabled

	// Of what was begun: beganChars random characters follow, and the name of a room. Its value is
	// an engine.Announcement.
	markBegan  = "b:"
	beganChars = 13
)

// beganMark returns the mark of what was begun, and has not become yet.
func beganMark(key string, n engine.Announcement) Mark {
	b, err := json.Marshal(n)
	if err != nil {
		panic(err)
	}
	return Mark{Key: key, Data: b}
}

// beganOf reads the mark of what was begun.
func beganOf(m Mark) (n engine.Announcement, ok bool) {
	ok = strings.HasPrefix(m.Key, markBegan) && json.Unmarshal(m.Data, &n) == nil
	return n, ok
}

// marking are the kinds of which, where one is wanted, it is marked which changes were announced:
// saves are looked for by these marks.
var marking = []string{Created, Changed, Saved}

// marks returns the marks that show that an event is in the outbox.
func (e *event) marks() []Mark {
	r := roomMark{Incarnation: e.incarnation}
	switch e.kind {
	case Created:
		return []Mark{markOf(e.data.Room, r)}
	case Changed:
		r.Announced = e.data.Version
		return []Mark{markOf(e.data.Room, r)}
	case Saved:
		r.Announced = e.data.Version
		return []Mark{{Key: markSaved + e.data.Room, Data: r.encode()}}
	case Deleted:
		return []Mark{{Key: markRoom + e.data.Room}, {Key: markSaved + e.data.Room}}
	}
	return nil
}

func markOf(room string, r roomMark) Mark { return Mark{Key: markRoom + room, Data: r.encode()} }

func (r roomMark) encode() []byte {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return b
}

// roomOf returns the room of a mark with a prefix, and what the mark says; ok is false if it has
// another one.
func roomOf(m Mark, prefix string) (room string, r roomMark, ok bool) {
	room, ok = strings.CutPrefix(m.Key, prefix)
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

// offOfAll returns the endpoints that are off.
func offOfAll(marks []Mark) map[string]*disabled {
	off := map[string]*disabled{}
	for _, m := range marks {
		if name, d, ok := offOf(m); ok {
			off[name] = &d
		}
	}
	return off
}

// offOf reads the mark of an endpoint that is off.
func offOf(m Mark) (name string, d disabled, ok bool) {
	name, ok = strings.CutPrefix(m.Key, markOff)
	return name, d, ok && json.Unmarshal(m.Data, &d) == nil
}
