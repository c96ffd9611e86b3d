package engine

import (
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec"
)

// renew gathers a renewal that changed nothing.
func (s *presence) renew(client uint64, now time.Time) {
	mark(&s.renewed, client)
	if s.renewAt.IsZero() {
		s.renewAt = latest(now, s.renewal.Add(s.limits.RenewalInterval))
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
	if reached(s.remindAt, now) {
		s.tellAgain()
		s.remindAt, s.reminding = time.Time{}, now
	}
	if reached(s.renewAt, now) {
		for client := range s.renewed {
			mark(&s.changed, client)
		}
		clear(s.renewed)
		s.renewAt, s.renewal = time.Time{}, now
	}
}

// tellAgain leaves out those whose owner has yet to hear that it was told again before.
func (s *presence) tellAgain() {
	for client, b := range s.entries {
		if b.told == b.clock {
			b.told++
			mark(&s.changed, client)
		}
	}
}

func (s *presence) expire(now time.Time) {
	s.expiry = time.Time{}
	for client, b := range s.entries {
		ends := b.heard.Add(s.limits.AwarenessTimeout)
		if reached(ends, now) {
			s.remove(client, b, now)
			continue
		}
		s.expiry = earliest(s.expiry, ends)
	}
}

// nextTick is when tick has something to do, zero if never.
func (s *presence) nextTick() time.Time { return earliest(s.expiry, s.renewAt, s.remindAt) }

// news says whether there is something to tell.
func (s *presence) news() bool { return len(s.changed) > 0 }

// tell returns the newest state of each client that has changed, once. Like
// everyone's and refused's, the slice is good until the next call.
func (s *presence) tell() []codec.AwarenessEntry {
	s.scratch = s.scratch[:0]
	for client := range s.changed {
		if b := s.entries[client]; b != nil {
			s.scratch = append(s.scratch, codec.AwarenessEntry{Client: client, Clock: b.told, State: b.state})
		} else if clock, ok := s.graves.clock(client); ok {
			s.scratch = append(s.scratch, codec.AwarenessEntry{Client: client, Clock: clock})
		}
	}
	clear(s.changed)
	return s.scratch
}

// everyone returns all who are present, and who went of late if that is asked for.
func (s *presence) everyone(andGraves bool) []codec.AwarenessEntry {
	s.scratch = s.scratch[:0]
	for client, b := range s.entries {
		s.scratch = append(s.scratch, codec.AwarenessEntry{Client: client, Clock: b.told, State: b.state})
	}
	if andGraves {
		s.scratch = s.graves.append(s.scratch)
	}
	return s.scratch
}

// refused returns the claims of the last message that came too early, with the clock to count on from.
func (s *presence) refused() []codec.AwarenessEntry { return s.retorts }

// messages puts entries into messages whose bodies live until f returns.
func (s *presence) messages(entries []codec.AwarenessEntry, f func(codec.Message)) {
	for some := range slices.Chunk(entries, entriesPerMessage) {
		m := lend(codec.Awareness, func(b []byte) []byte {
			b = codec.AppendAwarenessHeader(b, len(some))
			for _, e := range some {
				b = codec.AppendAwarenessEntry(b, e)
			}
			return b
		})
		f(m.Message)
		m.repay()
	}
}
