package engine

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/awareness"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// room is one document, the peers who edit it, and their presence.
type room struct {
	// Set when the room is made, and never after.
	key    roomkey.Key
	name   string // key.String()
	e      *Engine
	record *recordsync.Record // nil without Config.Records

	loaded  chan struct{} // closed by load, when the room can be used or cannot be loaded
	loadErr error         // set before loaded is closed

	slot slot // guarded by the schedule's lock

	// Atomics: read without mu.
	waiters      atomic.Int32 // joins that wait, and keep the room; raised under its shard's lock
	filled       atomic.Bool  // load has read what is stored; nothing may be due before
	preparing    atomic.Bool  // what is stored has been read, and is being loaded
	unflushed    atomic.Int64 // bytes of updates merged since the last cut
	readFrom     atomic.Int64 // Engine.clock from which on input is flushed no later if it is read; Peer.MayWait
	loggedBudget atomic.Bool  // it was logged that the document took too many steps to read

	rebasing sync.Mutex // held from when a rebase is begun until it is merged; comes before mu
	deferred deferred   // has a lock of its own, which comes after mu

	// mu guards the rest, from when loaded is closed. Before, it is load's own. It is never
	// held across a call of Store, Records or Conn, nor while something is compressed.
	mu    sync.Mutex
	state roomState

	doc         ydoc.Doc
	version     uint64 // accepted updates since the room began
	incarnation uint64 // of the document: snapshot.Fields; 0: it began before there were any
	unnamed     bool   // incarnation is in no row yet
	undeletedAt uint64 // version of the document that held nothing deleted

	peers      []*Peer
	presence   awareness.Room
	restricted int       // peers that may see only what is published
	locked     bool      // nobody may write
	graceEnd   time.Time // when the room may be unloaded; zero while it has peers
	emptied    time.Time // when the last peer left, or the room was loaded
	lastSent   time.Time // when all peers were last sent something
	reminder   time.Time // when peers with askAgain are asked

	pacing     pacing
	commit     commit
	saving     saving
	compaction compactionState
	compressed compressedDoc
	documents  outbound.Documents

	damage    error  // why what is stored cannot be used; nothing may be stored before quarantine
	begunAnew bool   // with the record, as what was stored was damaged
	note      []byte // of a record, that was stored when there were Records
	expiring  bool   // the store may have been notified to drop the room

	warnedLarge   bool      // it was logged and sent that the document is large
	advisedSplit  bool      // and that it should be split
	loggedDenials []*Denial // reasons that are logged once for the room
}

// commit is what a room has on its way to the journal, and what becomes of it then.
type commit struct {
	pending bool // cut has been taken and is not durable yet
	cut     cut
	refused refusedRow // the row of cut, when the store has refused it
	delayed bool       // peers were notified that cut is not durable yet
	durable uint64     // version that is durable

	// For the next cut.
	waiting []*Peer // with a pending answer
	writers []*Peer // with updates that are in no cut yet, which wait for an Ack
	author  *Peer   // of the last update that is in no cut yet
	joint   bool    // there were others
}

// saving is what the saver does about a room. See save.go.
type saving struct {
	queued       bool      // the saver has the room
	compressOnly bool      // and is not to save it; set before queued
	seq          uint64    // sequence number of the last row this process appended
	version      uint64    // in the newest snapshot
	unsavedFrom  time.Time // when the oldest change without a snapshot was committed
	triedAt      time.Time // when the saver last had the room
	failures     int       // in a row
	warnedSize   bool      // it was logged that the snapshot is large
}

// compactionState is when the document was compacted, and what waits for that. See compact.go
// and fulldocument.go.
type compactionState struct {
	size       int       // of the document when it was last compacted or loaded, in bytes
	version    uint64    // of the document that was last compacted, 0 if none was
	running    bool      // the compactor has the room
	dueAt      time.Time // when it is to have it; zero if it is not
	notBefore  time.Time // before which it is not to have it again
	updates    []entry   // that did not fit, to be tried on the compacted document
	wantsSpace bool      // something was refused as the document has no room for it
}

// compressedDoc is the document of a room without peers. See compress.go.
type compressedDoc struct {
	blob      []byte // a snapshot, in place of room.doc; nil unless the room is compressed
	stateSize int    // of the document's state, in bytes
	tried     bool   // since the last peer left
}

func newRoom(e *Engine, key roomkey.Key) *room {
	r := &room{key: key, name: key.String(), e: e, loaded: make(chan struct{})}
	r.presence.Init(&e.presence)
	r.locked = e.isLocked(key)
	if e.sync != nil {
		r.record = e.sync.NewRecord((*recordRoom)(r))
	}
	return r
}

// join adds a peer, which was one of those who waited, and starts its session. It returns nil when the room is gone.
func (r *room) join(c Conn, proto protocol.Protocol, who Identity) (*Peer, error) {
	r.lockTimed()
	defer r.mu.Unlock()
	if r.e.draining.Load() {
		return nil, ErrDraining
	}
	if r.state == stateGone {
		return nil, nil
	}
	if err := r.admitRestricted(&who); err != nil {
		return nil, err
	}
	if err := r.checkLimits(); err != nil {
		return nil, err
	}
	if err := r.decompress(); err != nil {
		r.e.log.Error("room cannot be decompressed", slog.String("room", r.name), slog.String("reason", err.Error()))
		r.abandonLocked()
		return nil, &CloseError{Code: CloseInternal, Reason: "room cannot be loaded", Err: err}
	}
	p := &Peer{id: r.e.lastPeer.Add(1), room: r, conn: c, proto: proto, who: who, index: int32(len(r.peers))}
	p.who.Text, p.who.PublishedOnly = nil, false // they are the room's
	r.peers = append(r.peers, p)
	r.presence.Join(&p.presence, who.user(p.id), who.ID == "", time.Now())
	r.state, r.graceEnd, r.compressed.tried = stateLive, time.Time{}, false
	r.restrict(p, who.PublishedOnly)
	r.waiters.Add(-1) // a peer keeps the room from here on
	r.e.metrics.peers.Inc()
	r.startSession(p)
	if len(r.peers) == 1 {
		r.lastSent = time.Now()
		r.reschedule()
	}
	r.record.SessionChanged(who.access(), who.Credential)
	return p, nil
}

// checkLimits says whether one more peer may come.
func (r *room) checkLimits() error {
	if len(r.peers) >= r.e.cfg.PeersPerRoom {
		r.e.metrics.roomFull.Inc()
		return errRoomFull
	}
	if len(r.peers) > 0 {
		return nil
	}
	if r.e.occupied.Add(1) > int64(r.e.cfg.Rooms) {
		r.e.occupied.Add(-1)
		r.e.metrics.maxRooms.Inc()
		return errMaxRooms
	}
	return nil
}

// startSession begins what p's protocol begins with: y-websocket, with asking for what
// p has and telling who is here; the others, with the room.
func (r *room) startSession(p *Peer) {
	now := time.Now()
	r.presence.SetNative(&p.presence, p.proto.Native(), now)
	if p.proto.Native() {
		p.pendingAnswer().Welcome = true
		r.answerPending(p)
	} else {
		p.welcomed = true
		r.requestState(p, now)
		r.sendAllPresence(p, outbound.Presence)
	}
	if r.presence.HasChanges() {
		r.schedulePresence(now)
	}
}

// leave removes p and what it said of itself. It returns false if p had left before.
// mu is held.
func (r *room) leave(p *Peer) bool {
	if p.left() {
		return false
	}
	last := len(r.peers) - 1
	r.peers[p.index] = r.peers[last]
	r.peers[p.index].index = p.index
	r.peers[last] = nil
	r.peers, p.index = r.peers[:last], hasLeft
	r.e.metrics.peers.Dec()
	if p.who.PublishedOnly {
		r.restricted--
	}
	now := time.Now()
	if r.presence.Leave(&p.presence, now); r.presence.HasChanges() {
		r.schedulePresence(now)
	}
	if len(r.peers) == 0 {
		r.e.occupied.Add(-1)
		if r.emptied, r.graceEnd = now, now.Add(r.e.cfg.Grace); r.state == stateLive {
			r.state = stateIdle
		}
	}
	r.reschedule()
	return true
}

// clean says whether all that has been merged is durable and has been sent.
func (r *room) clean() bool { return !r.commit.pending && !r.doc.HasChanges() }
