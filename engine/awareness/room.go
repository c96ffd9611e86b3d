package awareness

import (
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// Room is the presence of one room. The engine's room guards it with its lock. Init must be called
// first.
type Room struct {
	cfg        *Config
	users      users
	natives    int // peers that speak a native protocol
	states     map[uint64]*state
	bytes      int // of their JSON
	tombstones tombstones
	takeovers  []takeover // waiting for the owners' answers, the oldest first
	signals    []signal   // to be sent with the next flush

	changed       []uint64            // client ids to be sent with the next flush, each once
	changedSet    map[uint64]struct{} // those in changed; nil while they are few
	lostCursors   []*user             // those that lost a cursor to a takeover since the last flush
	replies       []update            // for the sender of the update that is being received
	stampedBuffer []byte              // scratch space for a stamped state

	expiry     time.Time // no state expires before; zero without states
	renewAt    time.Time // when gathered renewals are sent; zero without any
	renewedAt  time.Time // when they were last sent
	reminder   time.Time // when all states are sent again; zero if not requested
	remindedAt time.Time // when all states were last sent again
}

// Init sets the configuration, which is shared by all rooms.
func (r *Room) Init(cfg *Config) { r.cfg, r.users.hidden = cfg, cfg.Disabled }

// Join adds p as a peer of the user u. It gets a state with SetNative, or when it sends one.
func (r *Room) Join(p *Peer, u protocol.User, guest bool, now time.Time) {
	p.user, p.guest, p.joined = r.users.add(u), guest, r.cfg.since(now)
}

// Len returns the number of states.
func (r *Room) Len() int { return len(r.states) }

// HasChanges reports whether Flush has something to send.
func (r *Room) HasChanges() bool {
	return len(r.changed) > 0 || len(r.signals) > 0 || r.natives > 0 && len(r.users.changed) > 0
}

// fewChanged is the largest number of changed client ids that are searched one by one.
const fewChanged = 32

// isChanged reports whether client is in changed. Between two flushes updates can add thousands of
// clients and remove them again, so a long list has a set.
func (r *Room) isChanged(client uint64) bool {
	if r.changedSet == nil {
		steps.Take(len(r.changed))
		return slices.Contains(r.changed, client)
	}
	_, ok := r.changedSet[client]
	return ok
}

// addChanged adds client to changed.
func (r *Room) addChanged(client uint64) {
	r.changed = append(r.changed, client)
	if r.changedSet == nil && len(r.changed) > fewChanged {
		r.changedSet = make(map[uint64]struct{})
		for _, c := range r.changed {
			r.changedSet[c] = struct{}{}
		}
	}
	if r.changedSet != nil {
		r.changedSet[client] = struct{}{}
	}
}

// clearChanged empties changed, and frees its memory if it grew large.
func (r *Room) clearChanged() {
	r.changedSet = nil
	if r.changed = r.changed[:0]; cap(r.changed) > 32*fewChanged {
		r.changed = nil
	}
}

// markChanged makes the next flush send s.
func (r *Room) markChanged(client uint64, s *state) {
	if s.unsent != unsentChange {
		s.unsent = unsentChange
		r.addChanged(client)
	}
}

// markRenewed makes the next flush of gathered renewals send s.
func (r *Room) markRenewed(s *state, now time.Time) {
	s.unsent = max(s.unsent, unsentRenewal)
	if r.renewAt.IsZero() {
		r.renewAt = schedule.Latest(now, r.renewedAt.Add(r.cfg.RenewalInterval))
	}
}

// remindInterval is the least time between two moments at which all states are sent again.
const remindInterval = time.Second

// remind schedules that all states are sent again, for a client that is back and may have forgotten
// them.
func (r *Room) remind(now time.Time) {
	if r.reminder.IsZero() {
		r.reminder = schedule.Latest(now, r.remindedAt.Add(remindInterval))
	}
}

// end returns when s expires. A synthetic state is renewed instead, after half the time, as clients
// renew theirs.
func (r *Room) end(s *state) time.Time {
	life := r.cfg.Timeout
	if s.synthetic {
		life /= 2
	}
	return r.cfg.Epoch.Add(s.renewed + life)
}

// setState replaces the state and the cursor of s.
func (r *Room) setState(s *state, json, cursor []byte) {
	r.bytes += len(json) - int(s.cursorAt)
	s.set(json, cursor)
}

// stamped returns e with the state that others are sent, the fields of the state that p sent, and
// its cursor. A guest keeps the name in its state; the name of other users is the token's. The
// state is valid until the next call.
func (r *Room) stamped(
	p *Peer, e yjs.AwarenessEntry,
) (_ yjs.AwarenessEntry, f fields, cursor []byte) {
	if e.Removed() {
		return e, f, noCursor
	}
	f = readFields(e.State)
	if cursor = f.cursor; cursor == nil {
		cursor = noCursor
	}
	if !p.guest && !r.cfg.TrustClients {
		r.stampedBuffer = appendStamped(r.stampedBuffer[:0], e.State, f, p.user.User)
		e.State = r.stampedBuffer
	}
	return e, f, cursor
}
