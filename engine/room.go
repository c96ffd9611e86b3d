package engine

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/awareness"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// room is one document, who edits it and who is present.
type room struct {
	key  roomkey.Key
	name string // key.String()
	e    *Engine

	loaded  chan struct{} // closed once the room can be used or cannot be loaded
	loadErr error         // set before loaded is closed

	slot    slot         // guarded by the schedule's lock
	waiters atomic.Int32 // who waits to join, and keeps the room; counted up under its shard's lock
	filled  atomic.Bool  // set by load when what is stored has been read; before that nothing may be due here

	unflushed atomic.Int64 // bytes of updates merged since the last cut

	// Before loaded is closed the rest belongs to load, then it is guarded by mu.
	// mu is never held across a call of Store or Conn, nor while compressing.
	deferred deferred
	mu       sync.Mutex
	gone     bool // unloaded, or never loaded: the room map has it no more
	doc      ydoc.Doc
	version  uint64 // accepted updates since the room began

	incarnation uint64 // of the document: snapshot.Fields; 0: it began before there were any
	unnamed     bool   // it is in no row yet

	peers        []*Peer
	presence     awareness.Room
	locked       bool      // nobody may write
	warnedLarge  bool      // that the document is large
	advisedSplit bool      // to split it
	graceEnd     time.Time // when the room may be unloaded; zero while it has peers
	emptied      time.Time // when the last peer left, or the room was loaded

	compacted    int       // size of the document when it was last compacted or loaded, in bytes
	compactedAt  uint64    // version of the document that was last compacted, 0 if none was
	compacting   bool      // the compactor has the room
	compactAt    time.Time // when it is to have it; zero if it is not
	compactAgain time.Time // before which it is not to have it again
	uncompacted  []entry   // updates that did not fit, to be tried on the compacted document
	wantsSpace   bool      // something was refused as the document has no room for it

	loggedDenials []*Denial // which are logged once for the room

	compressed    []byte // the document, as a snapshot, in place of doc; nil unless it is compressed
	stateSize     int    // of its state, in bytes
	compressTried bool   // since the last peer left

	flushAt      time.Time // when the next flush is due; zero when nothing waits for one
	presenceOnly bool      // nothing but presence does
	lastFlush    time.Time // Engine.windowOf it
	committing   bool      // cut has been taken and is not durable yet
	delayed      bool      // and people know that
	refused      refusedRow
	durable      uint64 // version that is durable
	cut          cut
	waiting      []*Peer   // to be answered at the next cut
	writers      []*Peer   // with updates that are in no cut yet, and who wait for an Ack
	author       *Peer     // of the last update that is in no cut yet
	joint        bool      // there were others
	lastSent     time.Time // when all peers were last sent something
	reminder     time.Time // when peers with askAgain are asked

	saving         bool      // the saver has the room
	compressOnly   bool      // which is not to save it; set before saving
	seq            uint64    // sequence number of the last row this process appended
	saved          uint64    // version in the newest snapshot
	unsavedFrom    time.Time // when the oldest change without a snapshot was committed
	triedSaving    time.Time
	failedSaves    int  // since the last that did not
	warnedSnapshot bool // it has been said that the snapshot is large

	loggedBudget atomic.Bool // it was logged that the document took too many steps to read

	documents outbound.Documents

	damage    error // why what is stored cannot be used; nothing may be stored before quarantine
	begunAnew bool  // with the record, as what was stored was damaged

	record      *recordsync.Record // nil without Config.Records
	note        []byte             // of a record, that was stored when there were Records
	restricted  int                // peers that may see only what is published
	undeletedAt uint64             // version of the document that held nothing deleted
	expiring    bool               // the store may have been notified to drop the room
	preparing   atomic.Bool        // what is stored has been read, and is being loaded
	rebasing    sync.Mutex         // held from when a rebase is begun until it is merged; comes before mu
	readFrom    atomic.Int64       // Engine.clock from which on what is said may go out before the next window ends; Peer.MayWait
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
	if r.gone {
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
	r.graceEnd, r.compressTried = time.Time{}, false
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
		r.emptied, r.graceEnd = now, now.Add(r.e.cfg.Grace)
	}
	r.reschedule()
	return true
}

// discards says whether p has no say any more.
func (r *room) discards(p *Peer) bool { return p.left() || r.e.draining.Load() }

// merge applies an update of a peer's, unless it is refused. Its error is that some of it could not be read.
// mu is held.
func (r *room) merge(e entry) error {
	if r.discards(e.peer) {
		return nil
	}
	switch why := r.checkUpdate(e); {
	case (why == ErrReadOnly || why == ErrEditingOff) && r.record.Foreign(&r.doc, e.update) && r.unseed(e.peer, e.update):
	case why != nil && why != ErrDocumentTooLarge:
		r.refuse(e, why)
	case r.dependsOnRefused(e):
		r.dropDependent(e, time.Now())
	case why != nil:
		r.tryAfterCompaction(e, time.Now())
	default:
		return r.apply(e)
	}
	return nil
}

// apply merges an update that may be, or returns errRebase.
func (r *room) apply(e entry) error {
	p, u := e.peer, e.update
	switch {
	case !r.record.Foreign(&r.doc, u):
	case p.rebases >= maxRebases:
		r.record.NotRebased()
	case e.rebase == nil:
		return errRebase
	default:
		return r.applyRebased(e)
	}
	waiting := r.doc.PendingSize() > 0
	out := r.doc.Apply(u)
	now := time.Now()
	if out.Changed {
		r.unflushed.Add(int64(len(u.Bytes())))
		r.wrote(p, waiting, now)
		r.compactIfFreed(u, now)
	}
	switch {
	case out.Dropped:
		r.requestFromAll(p, now)
	case out.Missing:
		if e.whole {
			p.resync.incomplete = min(p.resync.incomplete+1, maxIncomplete)
		}
		r.reportMissing(p)
		r.resync(p, lacksUpdate, now, out.MissingID)
		r.requestIfSmaller(e, now)
	case out.Refused == nil:
		r.ackWhenDurable(p)
		r.accepted(e)
		r.checkVersion(e, now)
		r.echo(e, out)
	}
	return out.Refused
}

// wrote notes that p has changed the document, perhaps together with others whose
// updates were waiting for p's.
func (r *room) wrote(p *Peer, together bool, now time.Time) {
	r.version++
	r.e.metrics.merged.Inc()
	r.joint = r.joint || together || r.author != nil && r.author != p
	r.author = p
	r.scheduleFlush(now)
	r.record.Wrote(p.who.Credential, now)
	size := r.doc.Size()
	r.warnOfSize(size)
	if size > r.e.cfg.DocumentBytes/2 && !r.compacting && r.doc.HasDeletes() && r.compactDue(size) {
		r.compactSoon(now)
	}
}

// compactIfFreed has the document compacted when u has deleted something, if that makes room for what was refused.
func (r *room) compactIfFreed(u yjs.CheckedUpdate, now time.Time) {
	if r.wantsSpace && u.HasDeletes() {
		r.compactSoon(now)
	}
}

// clean says whether all that has been merged is durable and has been sent.
func (r *room) clean() bool { return !r.committing && !r.doc.HasChanges() }
