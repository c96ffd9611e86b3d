package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// renew gathers a renewal that changed nothing.
func (s *presence) renew(b *being, now time.Time) {
	b.known = max(b.known, renewed)
	if s.renewAt.IsZero() {
		s.renewAt = latest(now, s.renewal.Add(s.e.cfg.RenewalInterval))
	}
}

// remind has everyone told again for somebody who is back, at most once a remindInterval.
func (s *presence) remind(now time.Time) {
	if s.remindAt.IsZero() {
		s.remindAt = latest(now, s.reminding.Add(remindInterval))
	}
}

const remindInterval = time.Second

// tick removes what was not renewed for too long, and has told at the next flush what is to be told again.
func (s *presence) tick(now time.Time) {
	if reached(s.expiry, now) {
		s.expire(now)
	}
	s.endTakeovers(now)
	if reached(s.remindAt, now) {
		s.tellAgain()
		s.remindAt, s.reminding = time.Time{}, now
	}
	if reached(s.renewAt, now) {
		for client, b := range s.entries {
			if b.known == renewed {
				s.change(client, b)
			}
		}
		s.renewAt, s.renewal = time.Time{}, now
	}
}

// tellAgain leaves out those whose owner has yet to hear that it was told again before.
func (s *presence) tellAgain() {
	for client, b := range s.entries {
		if b.told == b.clock {
			b.told++
			s.change(client, b)
		}
	}
}

// expire removes who was not renewed for too long, and what is remembered of those who went.
func (s *presence) expire(now time.Time) {
	s.graves.clear(now)
	s.expiry = time.Time{}
	for client, b := range s.entries {
		ended := reached(s.ends(b), now)
		if ended && !b.avatar {
			s.remove(client, b, now)
			continue
		}
		if ended {
			b.clock, b.told, b.heard = b.clock+1, b.clock+1, s.e.clock(now)
			s.change(client, b)
		}
		s.expiry = earliest(s.expiry, s.ends(b))
	}
}

// ends is when b goes, or an avatar is renewed, as clients do it, at half the time.
func (s *presence) ends(b *being) time.Time {
	lives := s.e.cfg.AwarenessTimeout
	if b.avatar {
		lives /= 2
	}
	return s.e.began.Add(b.heard + lives)
}

// nextTick is when tick has something to do, zero if never.
func (s *presence) nextTick() time.Time {
	return earliest(s.expiry, s.renewAt, s.remindAt, s.takeoverDue())
}

// news says whether there is something to tell.
func (s *presence) news() bool { return len(s.changed) > 0 }

// tell appends the newest state of each client that has changed, once. Like what
// everyone appends it lives until somebody says something.
func (s *presence) tell(dst []utterance) []utterance {
	for _, client := range s.changed {
		if b := s.entries[client]; b != nil {
			dst = append(dst, b.utterance(client))
			b.known, b.news, b.moved = told, false, false
		} else if r, ok := s.graves.find(client); ok {
			dst = append(dst, r.utterance(client))
		}
	}
	s.unlist()
	return dst
}

// everyone appends all who are present.
func (s *presence) everyone(dst []utterance, forNative bool) []utterance {
	var cursors cursors
	for client, b := range s.entries {
		dst = append(dst, s.introduction(client, b, forNative, &cursors))
	}
	return dst
}

// introduction is what somebody is told of b who is told of everyone. Natives are told one cursor of each person.
func (s *presence) introduction(client uint64, b *being, forNative bool, cursors *cursors) utterance {
	u := b.utterance(client)
	u.news, u.moved = true, b.pointed() && (!forNative || cursors.newest(s, u.person) == b)
	return u
}

// refused returns the claims of the last message that came too early, with the clock to count on from.
func (s *presence) refused() []utterance { return s.retorts }

// utterance is what is told of one client id.
type utterance struct {
	yjs.AwarenessEntry
	owner  *Peer        // nil when it has gone
	person *participant // whose it is
	cursor []byte
	news   bool // not a mere renewal
	moved  bool // the cursor is another
}

// awarenessBytes is about how long an awareness message is that the server makes of several states.
const awarenessBytes = 48 << 10

// awarenessOf puts utterances into messages as y-protocols has them, whose bodies live until f returns.
func awarenessOf(all []utterance, f func(protocol.Message)) {
	for len(all) > 0 {
		some := all[:fitting(all)]
		all = all[len(some):]
		m := lend(protocol.Awareness, func(b []byte) []byte {
			b = yjs.AppendAwarenessHeader(b, len(some))
			for _, u := range some {
				b = yjs.AppendAwarenessEntry(b, u.AwarenessEntry)
			}
			return b
		})
		f(m.Message)
		m.repay()
	}
}

// fitting is how many of all, from the first, go into one message; at least one.
func fitting(all []utterance) (n int) {
	bytes := 0
	for n < min(len(all), entriesPerMessage) {
		if bytes += len(all[n].State); bytes > awarenessBytes && n > 0 {
			break
		}
		n++
	}
	return n
}

// messages is what native protocols have for an utterance. Of a person who has left there is no cursor any more. The
// bodies live until f returns.
func (u *utterance) messages(f func(protocol.Message)) {
	if u.moved && u.person.peers > 0 {
		f(protocol.Message{Kind: protocol.Cursor, From: u.person.ID, Body: u.cursor})
	}
	if !u.news {
		return // they are told when somebody leaves, and let nobody time out
	}
	one := [...]utterance{*u}
	awarenessOf(one[:], func(m protocol.Message) {
		m.From = u.person.ID
		f(m)
	})
}
