package awareness

import (
	"fmt"
	"hash/fnv"
	"slices"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// users keeps the users in a room, each once however many peers it has.
type users struct {
	present    []*user
	changed    []*user // joined, left or renamed since the last flush, each once
	generation uint64  // counts the changes
	hidden     bool    // Config.Disabled
}

// user is a user in a room.
type user struct {
	protocol.User
	peers      int
	announced  bool   // native peers have been sent Joined
	listed     bool   // in users.changed
	generation uint64 // of its last change
}

// find returns the position of a user, -1 if it is not in the room.
func (s *users) find(id string) int {
	return slices.IndexFunc(s.present, func(u *user) bool { return u.ID == id })
}

// add counts one more peer of a user.
func (s *users) add(u protocol.User) *user {
	i := s.find(u.ID)
	if i < 0 {
		i = len(s.present)
		s.present = append(s.present, &user{User: u})
		s.change(s.present[i])
	}
	s.present[i].peers++
	return s.present[i]
}

// remove counts one peer of a user less.
func (s *users) remove(u *user) {
	u.peers--
	if i := s.find(u.ID); i >= 0 && u.peers == 0 {
		s.present = slices.Delete(s.present, i, i+1)
		s.change(u)
	}
}

// rename gives a guest the name and the colour in its state, as far as they can be shown.
func (s *users) rename(u *user, name, color string) {
	if name == "" {
		name = u.Name
	}
	if !isColor(color) {
		color = u.Color
	}
	if name = truncate(name, maxName); name != u.Name || color != u.Color {
		u.Name, u.Color = name, color
		s.change(u)
	}
}

func (s *users) change(u *user) {
	if s.hidden {
		return
	}
	s.generation++
	u.generation = s.generation
	if !u.listed {
		u.listed = true
		s.changed = append(s.changed, u)
	}
}

// flush calls f with the messages about users that changed since the last call, and the generation
// of each change. It sends nothing about a user that joined and left in between.
func (s *users) flush(f func(m protocol.Message, generation uint64)) {
	for _, u := range s.changed {
		switch {
		case u.peers > 0 && !s.hidden:
			f(protocol.Message{Kind: protocol.Joined, User: &u.User}, u.generation)
		case u.announced:
			f(protocol.Message{Kind: protocol.Left, From: u.ID}, u.generation)
		}
		u.announced, u.listed = u.peers > 0 && !s.hidden, false
	}
	s.changed = nil // it is rarely needed, so no memory is kept for it
}

// Known returns the user of a token.
func Known(id, name string) protocol.User {
	if name == "" {
		name = id
	}
	return protocol.User{ID: id, Name: truncate(name, maxName), Color: colorOf(id)}
}

// Guest returns an anonymous user, named by the number of its peer until its state has a name.
func Guest(number uint64) protocol.User {
	id := fmt.Sprintf("guest-%d", number)
	return protocol.User{ID: id, Name: fmt.Sprintf("Guest %d", number), Color: colorOf(id)}
}

// maxName is the length of the longest name that others are sent, in bytes.
const maxName = 128

// truncate cuts s, between characters, to n bytes.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// palette has colours on which both white and black text can be read.
var palette = [...]string{
	"#3b82f6", "#ef4444", "#10b981", "#f59e0b", "#8b5cf6", "#ec4899", "#14b8a6", "#f97316",
	"#6366f1", "#84cc16", "#06b6d4", "#d946ef", "#0ea5e9", "#a16207", "#64748b", "#be123c",
}

// colorOf returns the colour of a user, which is always the same.
func colorOf(id string) string {
	h := fnv.New32a()
	h.Write([]byte(id))
	return palette[h.Sum32()%uint32(len(palette))]
}

// isColor reports whether s is #rrggbb.
func isColor(s string) bool {
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	for _, c := range s[1:] {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}
