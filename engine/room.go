package engine

import (
	"log/slog"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// room is one document, who edits it and who is present.
type room struct {
	name string
	e    *Engine

	loaded  chan struct{} // closed once the room can be used or cannot be loaded
	loadErr error         // set before loaded is closed

	slot slot // guarded by the schedule's lock

	// Before loaded is closed the rest belongs to load, then it is guarded by mu.
	// mu is never held across a call of Store or Conn, nor while compressing.
	mu       sync.Mutex
	gone     bool // unloaded, or never loaded: the table has it no more
	doc      ydoc.Doc
	version  uint64 // accepted updates since the room began
	peers    []*Peer
	presence presence
	graceEnd time.Time // when the room may be unloaded; zero while it has peers
	emptied  time.Time // when the last peer left, or the room was loaded

	compacted int    // size of the document when it was last compacted or loaded, in bytes
	sealed    []byte // the document, as a snapshot, in place of doc; nil unless sealed
	sealTried bool   // since the last peer left

	flushAt    time.Time // when the next flush is due; zero when nothing waits for one
	lastFlush  time.Time
	committing bool // cut has been taken and is not durable yet
	cut        cut
	waiting    []*Peer   // to be answered at the next cut
	told       time.Time // when all peers were last sent something
	reminder   time.Time // when peers with askAgain are asked

	saving      bool      // the saver has the room
	sealOnly    bool      // which is not to save it; set before saving
	seq         uint64    // sequence number of the last row this process appended
	saved       uint64    // version in the newest snapshot
	unsavedFrom time.Time // when the oldest change without a snapshot was committed
	triedSaving time.Time

	full sharedAnswer
}

func newRoom(e *Engine, name string) *room {
	r := &room{name: name, e: e, loaded: make(chan struct{})}
	r.presence.limits = &e.cfg
	return r
}

// join adds a peer and greets it. It returns nil when the room is gone.
func (r *room) join(c Conn, proto codec.Protocol, who Identity) (*Peer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.e.draining.Load() {
		return nil, ErrDraining
	}
	if r.gone {
		return nil, nil
	}
	if err := r.unseal(); err != nil {
		r.e.log.Error("room cannot be unsealed", slog.String("room", r.name), slog.String("reason", err.Error()))
		r.abandonLocked()
		return nil, &CloseError{Code: CloseInternal, Reason: "room cannot be loaded", Err: err}
	}
	p := &Peer{id: r.e.lastPeer.Add(1), room: r, conn: c, proto: proto, who: who, index: len(r.peers)}
	p.queue.limit = r.e.cfg.QueueBytes
	r.peers = append(r.peers, p)
	r.graceEnd, r.sealTried = time.Time{}, false
	r.e.metrics.peers.Inc()
	r.greet(p)
	if len(r.peers) == 1 {
		r.told = time.Now()
		r.reschedule()
	}
	return p, nil
}

// greet asks for what p has and tells it who is here.
func (r *room) greet(p *Peer) {
	r.request(p, time.Now())
	r.presence.messages(r.presence.everyone(false), func(m codec.Message) {
		p.send(seal(fleeting, p.proto, m))
	})
}

// leave removes p and what it said of itself. It returns false if p had left before.
func (r *room) leave(p *Peer) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.left() {
		return false
	}
	last := len(r.peers) - 1
	r.peers[p.index] = r.peers[last]
	r.peers[p.index].index = p.index
	r.peers[last] = nil
	r.peers, p.index = r.peers[:last], hasLeft
	r.e.metrics.peers.Dec()
	now := time.Now()
	if r.presence.leave(p, now); r.presence.news() {
		r.touch(now)
	}
	if len(r.peers) == 0 {
		r.emptied, r.graceEnd = now, now.Add(r.e.cfg.Grace)
	}
	r.reschedule()
	return true
}

// deaf says whether p has no say any more.
func (r *room) deaf(p *Peer) bool { return p.left() || r.e.draining.Load() }

// merge applies an update of p's. Its error is that p may not write, or that some of it was refused.
func (r *room) merge(p *Peer, u codec.CheckedUpdate) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.deaf(p) {
		return nil
	}
	if p.who.ReadOnly {
		return r.readOnly(u)
	}
	out := r.doc.Apply(u)
	if out.Changed {
		r.version++
		r.e.metrics.merged.Inc()
		if r.flushAt.IsZero() {
			r.touch(time.Now())
		}
	}
	switch {
	case out.Dropped:
		r.e.metrics.pendingDrops.Inc()
		for _, peer := range r.peers {
			r.requestMissing(peer, time.Now())
		}
	case out.Missing:
		r.requestMissing(p, time.Now())
	}
	return out.Refused
}

// hear takes in what p says of who is present.
func (r *room) hear(p *Peer, a codec.CheckedAwareness) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.deaf(p) {
		return
	}
	now := time.Now()
	r.presence.hear(p, a, now)
	r.presence.messages(r.presence.refused(), func(m codec.Message) {
		p.send(seal(fleeting, p.proto, m))
	})
	if r.presence.news() && r.flushAt.IsZero() {
		r.touch(now)
	}
	r.reschedule()
}

// touch makes the next flush due: at once in a room that was quiet for a
// window, else when the window since the last is over.
func (r *room) touch(now time.Time) {
	if r.flushAt.IsZero() {
		r.flushAt = latest(now, r.lastFlush.Add(r.e.cfg.Window))
		r.e.sched.at(r, r.flushAt)
	}
}

// clean says whether all that has been merged is durable and has been sent.
func (r *room) clean() bool { return !r.committing && !r.doc.HasNovelty() }

// reschedule has the flusher look at the room when there is next something to do.
func (r *room) reschedule() {
	t := earliest(r.flushAt, r.reminder, r.quietDue(), r.presence.nextTick(), r.saveDue(), r.sealDue(), r.unloadDue())
	if !t.IsZero() && !r.gone {
		r.e.sched.at(r, t)
	}
}

// broadcast sends m to every peer, encoded once per protocol. The body of a
// batch is kept, that of another class borrowed.
func (r *room) broadcast(c class, m codec.Message) {
	r.told = time.Now()
	same := make([]sealed, 0, 4)
	for _, p := range r.peers {
		p.send(sealedFor(&same, c, p.proto, m))
	}
}
