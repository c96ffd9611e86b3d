package engine

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/engine/awareness"
	"github.com/civicpress/civic-realtime/engine/groupcommit"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/roomlock"
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

	slot groupcommit.Slot // the flusher's

	// Atomics: read without mu.
	waiters      atomic.Int32 // joins that wait, and keep the room; raised under its shard's lock
	filled       atomic.Bool  // load has read what is stored; nothing may be due before
	preparing    atomic.Bool  // what is stored has been read, and is being loaded
	unflushed    atomic.Int64 // bytes of updates merged since the last cut
	readFrom     atomic.Int64 // Engine.clock from which on input is flushed no later if it is read; Peer.MayWait
	loggedBudget atomic.Bool  // it was logged that the document took too many steps to read

	rebasing sync.Mutex // held from when a rebase is begun until it is merged; comes before mu

	// mu guards the rest, from when loaded is closed. Before, it is load's own. It is never
	// held across a call of Store, Records or Conn, nor while something is compressed.
	mu    roomlock.Lock
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

// saving is what the saver does about a room. See saver.go.
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

// clean says whether all that has been merged is durable and has been sent.
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
// A room that crashes is gone from any state. Guarded by room.mu.
type roomState uint8

const (
	stateLoading    roomState = iota // the room belongs to load
	stateIdle                        // it has no peer, and may be unloaded when Config.Grace is over
	stateLive                        // it has peers
	stateCompressed                  // it has no peer, and holds its document compressed
	stateGone                        // it was unloaded, crashed or could not be loaded: the room map has it no more
)

func (r *room) abandonLocked() {
	r.e.roomMap.drop(r)
	r.closeRoom()
}

// closeRoom is called when the room map has forgotten the room; mu is held.
func (r *room) closeRoom() {
	if r.state == stateCompressed {
		r.e.metrics.compressed.Dec()
	}
	if r.state = stateGone; r.commit.delayed {
		r.e.metrics.delayedRooms.Dec()
	}
	r.record.Close()
	r.e.metrics.rooms.Dec()
}

// scheduleAt has the flusher step the room at t at the latest.
func (r *room) scheduleAt(t time.Time) { r.e.sched.At(&r.slot.Due, t) }
