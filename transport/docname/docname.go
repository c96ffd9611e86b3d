// Package docname maps the names of documents to rooms, for protocols in which a message, and not
// the URL of its connection, says which document it is for.
package docname

import (
	"errors"
	"fmt"
	"strings"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Rule maps names to rooms. It is written as "name=room", where each side may have one "*", for the
// same text: "*=record:*", or "wiki/*=record:wiki-*".
type Rule struct {
	before, after         string // of the name
	any                   bool   // the name has a "*" between them
	roomBefore, roomAfter string
}

// Default is the only rule unless others are configured: a name is the id of a record.
var Default = Rule{any: true, roomBefore: "record:"}

var errRule = errors.New(`not of the form "name=room", with a "*" on both sides or on none`)

// ParseRule parses a rule. The last "=" separates the sides.
func ParseRule(text string) (Rule, error) {
	i := strings.LastIndexByte(text, '=')
	if i <= 0 {
		return Rule{}, errRule
	}
	name, room := text[:i], text[i+1:]
	r := Rule{}
	r.before, r.after, r.any = strings.Cut(name, "*")
	before, after, any := strings.Cut(room, "*")
	if any != r.any || strings.Contains(r.after+after, "*") {
		return Rule{}, errRule
	}
	r.roomBefore, r.roomAfter = before, after
	if key, err := roomkey.Parse(before + "x" + after); any && (err != nil || !reachable(key)) {
		return Rule{}, fmt.Errorf("%q is not a room that clients can join", room)
	}
	if key, err := roomkey.Parse(room); !any && (err != nil || !reachable(key)) {
		return Rule{}, fmt.Errorf("%q is not a room that clients can join", room)
	}
	return r, nil
}

// reachable reports whether clients of other protocols can join a room.
func reachable(key roomkey.Key) bool { return key.Kind() == roomkey.Record }

// Rules map names to rooms: the first whose pattern fits decides.
type Rules []Rule

// Room returns the room of a document. Its error is roomkey.ErrID if the name has none.
func (rules Rules) Room(name string) (roomkey.Key, error) {
	if len(rules) == 0 {
		return Default.room(name)
	}
	for _, r := range rules {
		if r.fits(name) {
			return r.room(name)
		}
	}
	return roomkey.Key{}, roomkey.ErrID
}

func (r Rule) fits(name string) bool {
	if !r.any {
		return name == r.before
	}
	return len(name) >= len(r.before)+len(r.after) &&
		strings.HasPrefix(name, r.before) && strings.HasSuffix(name, r.after)
}

// room returns the room of a name that fits. A text in place of the "*" must not change the kind of
// the room.
func (r Rule) room(name string) (roomkey.Key, error) {
	if name == "" {
		return roomkey.Key{}, roomkey.ErrID
	}
	if !r.any {
		return roomkey.Parse(r.roomBefore)
	}
	middle := name[len(r.before) : len(name)-len(r.after)]
	key, err := roomkey.Parse(r.roomBefore + middle + r.roomAfter)
	if err == nil && !reachable(key) {
		err = roomkey.ErrID
	}
	return key, err
}
