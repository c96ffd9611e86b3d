package engine

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/awareness"
	"github.com/civicpress/civic-realtime/engine/groupcommit"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/roomlock"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// room is one document, the peers that edit it, and their presence.
type room struct {
	// Set when the room is made, and never changed.
	key    roomkey.Key
	name   string // key.String()
	e      *Engine
	record *recordsync.Record // nil without Config.Records

	loaded  chan struct{} // closed by load, when the room can be used or cannot be loaded
	loadErr error         // set before loaded is closed

	slot groupcommit.Slot // the flusher's

	// Atomics: read without mu.
	waiters      atomic.Int32 // waiting joins, which keep the room; raised under its shard's lock
	filled       atomic.Bool  // load has succeeded; no duty may be due before
	preparing    atomic.Bool  // the stored state has been read, and is being loaded
	leased       atomic.Bool  // the lease was taken, or needs not be
	unflushed    atomic.Int64 // bytes of updates merged since the last cut
	readFrom     atomic.Int64 // for Peer.MayWait: Engine.clock until which input need not be read
	loggedBudget atomic.Bool  // the document took too many steps to read, and that was logged
	stats        roomStats    // written with mu held

	// eviction is nil unless the room is being evicted, or goes to another node. It is set with mu
	// held.
	eviction atomic.Pointer[eviction]

	rebasing sync.Mutex // held from before a rebase is computed until it is merged; comes before mu

	// mu guards the rest once loaded is closed. Until then the rest is owned by load. mu is never
	// held across a call of Store, Records or Conn, nor while something is compressed.
	mu    roomlock.Lock
	state roomState

	locked bool // nobody may write

	doc         ydoc.Doc
	authors     *authors.Map // nil while doc is compressed, or if they are not kept
	version     uint64       // accepted updates since the room began
	incarnation uint64       // of the document (snapshot.Fields); 0: it is older than these are
	recent      uint32       // accepted updates since the last updateStats
	unnamed     bool         // incarnation is in no row yet
	unauthored  bool         // authors are in the store, and are not kept; no row says so yet
	undeletedAt uint64       // the version at which the document held nothing deleted

	peers      []*Peer
	presence   awareness.Room
	restricted int       // peers that may see only the published text
	graceEnd   time.Time // when the room may be unloaded; zero while it has peers
	emptied    time.Time // when the last peer left, or the room was loaded
	lastSent   time.Time // when all peers were last sent something
	reminder   time.Time // when requests that were put off are due (resync.due); zero if none

	pacing     pacing
	commit     commit
	saving     saving
	compaction compactionState
	compressed compressedDoc
	announcing *announcing // nil until there is something to announce
	documents  outbound.Documents

	damage  error    // why the stored state cannot be used; nothing may be stored before quarantine
	carried *carried // nil if there is nothing

	controls []control // messages by which peers steer the room, which are carried out in order

	warnedLarge   bool      // users were notified that the document is large
	advisedSplit  bool      // and that it should be split
	recreated     bool      // with the record's text, as the stored state was damaged
	expiring      bool      // the store may have an expiry for the room
	fresh         bool      // nothing of the document was ever stored, and nobody was told of it
	loggedDenials []*Denial // the reasons that are logged once for the room, and were
}

// carried is what the stored state of a room has beside its document, and each snapshot has again.
type carried struct {
	note   []byte        // of the record, stored when there were Records; only without them
	former stored.Former // clients of documents that were deleted
}

// carry sets what each snapshot has again.
func (r *room) carry(c carried) {
	if r.carried = nil; len(c.note)+len(c.former) > 0 {
		r.carried = &c
	}
}

// carries returns what each snapshot has again.
func (r *room) carries() (c carried) {
	if r.carried != nil {
		c = *r.carried
	}
	return c
}

// saving is the state of a room's snapshots. See saver.go.
type saving struct {
	request      *saveRequest // of a snapshot, whose state is not taken yet; nil for none
	queued       bool         // the saver has the room
	compressOnly bool         // and is to compress it only; set before queued
	seq          uint64       // sequence number of the last row this process appended
	version      uint64       // of the newest snapshot
	savedAt      int64        // when this process last stored one, by unixNano; 0: it has not
	unsavedFrom  time.Time    // when the oldest change without a snapshot was committed
	triedAt      time.Time    // when the saver last had the room
	failures     int          // in a row
	warnedSize   bool         // it was logged that the snapshot is large
}

// compactionState is the state of a room's compactions. See compact.go and fulldocument.go.
type compactionState struct {
	size       int       // of the document when it was last compacted or loaded, in bytes
	version    uint64    // of the document that was last compacted, 0 if none was
	running    bool      // the compactor works on the room
	dueAt      time.Time // when it is to do so; zero if it is not
	notBefore  time.Time // the earliest time for the next compaction
	updates    []entry   // that did not fit, and are tried again after a compaction
	wantsSpace bool      // updates were refused as the document has no room for them
}

// compressedDoc is the document of a room without peers. See compressidle.go.
type compressedDoc struct {
	blob      []byte // a snapshot, in place of room.doc; nil unless the room is compressed
	stateSize int    // of the document's state, in bytes
	tried     bool   // compression was tried since the last peer left
}

// saveRequest asks for a snapshot of a room, for all callers of Snapshot that came since the state
// was last taken. done is closed when it is stored, or was not.
type saveRequest struct {
	done    chan struct{}
	version uint64 // of the state that was taken
	err     error
}

// finish answers the request, if there is one.
func (q *saveRequest) finish(err error) {
	if q != nil {
		q.err = err
		close(q.done)
	}
}

// eviction is the unloading of a room that people may be in. Joins wait until it is over.
type eviction struct {
	over    chan struct{} // closed when the room is gone, or stays after all
	done    bool          // the room is gone; set before over is closed
	frozen                // if the room goes to another node
	callers int           // of Evict; guarded by room.mu
}

// removal is a deletion of a document, or the lifting of one. A room of its own in the room map
// does it, in place of loading: so it has the lease, and joins wait for it. That room ends at once.
type removal struct {
	apply   func(*room) error    // does it in the store
	replace func(old *room) bool // puts that room in the place of old, unless the engine ends
	refusal *CloseError          // of peers, and of joins that have waited, if it succeeds
	old     *room                // the room whose place it takes; nil: there was none
	room    *room                // set by replace, with the lock of old held
	err     error                // of apply, or of the lease; set before room.loaded is closed
}

// removal returns the removal that the room is there for; nil if it is for a document.
func (r *room) removal() *removal {
	if v := r.eviction.Load(); v != nil && v.removal != nil && v.removal.room == r {
		return v.removal
	}
	return nil
}

// clean reports whether everything that was merged is durable and has been sent.
func (r *room) clean() bool { return !r.commit.pending && !r.doc.HasChanges() }

// roomState is where a room is in its life:
//
//	           load ends        first join
//	loading ─────────────▶ idle ◀───────────▶ live
//	   │                   ▲  │   last leave
//	   │        decompress │  │ compress, Config.CompressAfter later
//	   │                   │  ▼
//	   │                compressed
//	   │                   │
//	   └──────▶ gone ◀─────┴── from idle too, at the end of the grace period
//
// A room that crashes is gone, from any state. Guarded by room.mu.
type roomState uint8

const (
	stateLoading    roomState = iota // the room belongs to load
	stateIdle                        // it has no peer, and is unloaded after Config.Grace
	stateLive                        // it has peers
	stateCompressed                  // it has no peer, and holds its document compressed
	stateGone                        // it has ended, and is not in the room map any more
)

// abandonLocked ends the room without saving it. mu is held. What has changed is announced before
// another room can take its place, which may announce that the document is deleted.
func (r *room) abandonLocked() {
	r.announceChange()
	v := r.eviction.Load()
	yields := v != nil && v.removal != nil && v.removal.room != r
	if !yields || !v.removal.replace(r) {
		r.e.roomMap.drop(r)
	}
	r.closeRoom()
}

// closeRoom ends a room that has been taken out of the room map. mu is held.
func (r *room) closeRoom() {
	if r.state == stateCompressed {
		r.e.metrics.compressed.Dec()
	}
	if r.state = stateGone; r.commit.delayed {
		r.e.metrics.delayedRooms.Dec()
	}
	r.announceChange()
	r.saving.request.finish(ErrNoRoom)
	r.saving.request = nil
	handedOver := r.endEviction()
	r.record.Close()
	r.updateStats(time.Now())
	r.e.metrics.rooms.Dec()
	if !handedOver {
		r.e.leases.giveUp(r)
	}
}

// endEviction notes that the room is gone, and reports whether its lease is given up by handOver.
// mu is held.
func (r *room) endEviction() (handedOver bool) {
	v := r.eviction.Load()
	if v == nil {
		return false
	}
	r.eviction.Store(nil)
	v.done = true
	v.frozen.end()
	close(v.over)
	return v.handedOver
}

// scheduleAt makes the flusher step the room at t, or before.
func (r *room) scheduleAt(t time.Time) { r.e.sched.At(&r.slot.Due, t) }
