package engine

import (
	"fmt"
	"hash/fnv"
	"slices"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// people are the users in a room, however many connections each has. Guarded by room.mu.
type people struct {
	present []*participant
	news    []*participant // who came, went or changed since the last flush, each once
	turn    uint64         // counts the changes
	hidden  bool           // nobody is told of anybody
}

// participant is a user in a room.
type participant struct {
	protocol.User
	peers int
	told  bool   // others know of them
	fresh bool   // in news
	turn  uint64 // of its last change
}

// find returns the position of a user, -1 if they are not here.
func (s *people) find(id string) int {
	return slices.IndexFunc(s.present, func(in *participant) bool { return in.ID == id })
}

// shown are those of whom others may know.
func (s *people) shown() []*participant {
	if s.hidden {
		return nil
	}
	return s.present
}

// enter counts p in.
func (s *people) enter(p *Peer) {
	who := p.who.user(p.id)
	if i := s.find(who.ID); i >= 0 {
		p.person = s.present[i]
	} else {
		p.person = &participant{User: who}
		s.present = append(s.present, p.person)
		s.changed(p.person)
	}
	p.person.peers++
}

func (s *people) leave(p *Peer) {
	p.person.peers--
	if i := s.find(p.person.ID); i >= 0 && p.person.peers == 0 {
		s.present = slices.Delete(s.present, i, i+1)
		s.changed(p.person)
	}
}

// call gives a guest the name and the colour it goes by.
func (s *people) call(in *participant, name, color string) {
	if name == "" {
		name = in.Name
	}
	if !isColor(color) {
		color = in.Color
	}
	if name = cutText(name, maxName); name != in.Name || color != in.Color {
		in.Name, in.Color = name, color
		s.changed(in)
	}
}

func (s *people) changed(in *participant) {
	if s.hidden {
		return
	}
	s.turn++
	in.turn = s.turn
	if !in.fresh {
		in.fresh = true
		s.news = append(s.news, in)
	}
}

// tell calls f with what others have to know of since the last call, unless they
// were welcomed after that turn. Who came and went in between was never there.
func (s *people) tell(f func(m protocol.Message, turn uint64)) {
	for _, in := range s.news {
		switch {
		case in.peers > 0:
			f(in.joined(), in.turn)
		case in.told:
			f(protocol.Message{Kind: protocol.Left, From: in.ID}, in.turn)
		}
		in.told, in.fresh = in.peers > 0, false
	}
	s.news = nil // as it is rarely needed
}

func (in *participant) joined() protocol.Message {
	return protocol.Message{Kind: protocol.Joined, User: &in.User}
}

// user is who others see.
func (i Identity) user(peer uint64) protocol.User {
	if i.ID == "" {
		id := fmt.Sprintf("guest-%d", peer)
		return protocol.User{ID: id, Name: fmt.Sprintf("Guest %d", peer), Color: colorOf(id)}
	}
	name := i.Name
	if name == "" {
		name = i.ID
	}
	return protocol.User{ID: i.ID, Name: cutText(name, maxName), Color: colorOf(i.ID)}
}

// maxName is the length in bytes of the longest name that is told.
const maxName = 128

// cutText cuts s, between characters, to n bytes.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// palette has colours that white and black text can both be read on.
var palette = [...]string{
	"#3b82f6", "#ef4444", "#10b981", "#f59e0b", "#8b5cf6", "#ec4899", "#14b8a6", "#f97316",
	"#6366f1", "#84cc16", "#06b6d4", "#d946ef", "#0ea5e9", "#a16207", "#64748b", "#be123c",
}

// colorOf is always the same for a user.
func colorOf(id string) string {
	h := fnv.New32a()
	h.Write([]byte(id))
	return palette[h.Sum32()%uint32(len(palette))]
}

// isColor says whether s is #rrggbb.
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
