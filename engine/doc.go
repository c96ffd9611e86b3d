// Package engine holds rooms: a document each, the peers that edit it, and their presence. It
// decides which updates are merged, when they are durable, and which peers receive them. It knows
// neither network nor database: ports.go has the interfaces of connections, stores and records.
//
// # The way of an update
//
//		connection        room, under its lock          flusher              store
//		────────────      ────────────────────────      ──────────────       ─────────
//		TryDeliver ──────▶ merge ─▶ scheduleFlush ─────▶ step, takeCut ─────▶ Append
//		(or DeliverRest)                                                       │
//		                                                                       ▼
//		queues ◀────────── publish, answers, Acks ◀───── finish ◀──────────── durable
//		  └─▶ writers ─▶ Conn.Write
//
//	 1. Peer.TryDeliver is called by a goroutine that reads many connections, and waits for
//	    nothing. If the room's lock is held, the rest of the payload is left to Peer.DeliverRest
//	    on a goroutine of the connection. A message is decoded, and its update checked, before
//	    the lock is taken (deliver.go).
//	 2. Under the room's lock the document merges the update, which copies it, once (merge.go). If
//	    the document has changed, a flush of the room is scheduled (pacing.go).
//	 3. The flusher, one goroutine for all rooms, steps those that are due. A step that flushes
//	    takes a cut: all changes since the last one are one update and one row of the journal, and
//	    pending answers are encoded as of that moment (dutytable.go, cut.go).
//	 4. The rows of all these rooms go to the store in one Append, with no lock held (package
//	    groupcommit).
//	 5. Each room then sends: presence first, then the answers, then the update, encoded once per
//	    protocol and shared by all queues. The writer of an update receives it too, as to
//	    y-websocket it is the receipt. Native protocols have an Ack; a native peer that wrote all
//	    of an update receives only that.
//	 6. Writers write the queues (package outbound).
//
// So an update is durable before another client receives it. If the store fails nothing is sent;
// the row is kept and tried again before anything newer. Presence is not journaled and waits for no
// store. While a commit takes long another goroutine does the other work of the flusher (package
// groupcommit). After Config.JournalPatience peers are notified, and answers are made of the
// durable document (delay.go).
//
// # Presence
//
// Package awareness keeps the awareness states, users and cursors of a room. The room passes it
// the presence that peers send, and sends the changes with each flush (presence.go).
//
// # Records
//
// With Config.Records the document of a room is the text of a record: it begins with that text,
// edits are saved as drafts, and external changes are merged. Package recordsync does that. A room
// has a recordsync.Record, which sees the room as a recordsync.Room (recordroom.go). Without
// Config.Records it is nil, and no update is checked against it. The stored state of a room that
// agrees with its record expires.
//
// # Administration
//
// Rooms lists all loaded rooms, and reads atomics only (roomStats), which a room updates under its
// lock when it flushes, or does anything else that is due. So a listing waits for no room, and may
// be a window old. RoomDetail takes the room's lock for the time of a copy. If it does not get it
// before its context is done, it says what the listing says, and that this is not all.
//
// Lock, Kick, Disconnect, Notice, Snapshot, Evict, Ban and Unban take a context, too, and return
// nil when what they are for holds. After an error that is the context's it may still come to
// hold, where their comments say so. Locks and bans are stored before they hold, if the store is
// Decisions, and taken back in the store first (decisions.go). At most Config.Locks and Config.Bans
// of them are kept. A ban is checked when its user joins, and by the transport when it checks a
// session again (KeptOut).
//
// Evict closes the peers of a room with a code after which their clients come back. Their joins
// wait until the room has been saved and unloaded, and load it anew. A room that cannot be saved
// stays.
//
// Delete ends a room as Disown does, puts a room in its place that has the lease and replaces what
// is stored (removal), and then closes the peers of the first. Undelete does the second alone. So
// nothing that the first room had under way comes after that: it is waited for.
//
// What happens is published to Config.Events (package events). That costs an atomic load while
// nobody listens.
//
// # Programs
//
// ReadDocument returns the document of a room, loaded or not, when all of it is durable. Edit
// merges an update of a program, with the same checks as a peer's, or has it made of the present
// document, again if others write meanwhile. Both join no room: nobody sees them there.
//
// # Several nodes
//
// If the store is a Leaser, several nodes share it, and a room is loaded by the node that has its
// lease (leases.go). The lease is given up when the room has ended, before it is loaded again here.
// A node that has lost a lease is told so by the refusal of a row, or by Disown: the room is
// frozen, which means that it merges nothing any more; what it has merged goes to the store, which
// keeps that for the owner; its peers are closed and come back to the owner (frozen.go, disown.go).
// The owner is given it by MergeStored. HandOverRooms freezes rooms, flushes them and gives them up
// while others are served; GiveUp does the same with one (handover.go). Drafts, external changes
// and snapshots beside records need Config.Claims (recordsync/claims.go).
//
// # Goroutines
//
//   - The flusher, and another one while a commit takes long.
//   - The saver, which compresses and stores snapshots, and unloads rooms.
//   - One for each load, and for each room whose full document is being compacted.
//   - A few writers while there is something to write, and one for each client that reads nothing.
//   - Up to four workers while there are drafts to save or records to fetch.
//   - One for each room whose lock is held while functions wait for it (package roomlock).
//   - Up to four workers while there are leases to give up.
//
// An idle room or peer has neither goroutine nor timer.
//
// # Locks
//
// A lock may be taken while those above it are held:
//
//	work lock of a record (recordsync)      held across calls of Records
//	  room.rebasing                         while a rebase is computed
//	    room.mu                             computation only: never across Store, Records, Conn,
//	      │                                 compression or Markdown
//	      ├ leases, and then a shard of the room map
//	      ├ room.mu's list of deferred functions
//	      └ leaves: a queue, the writers' line, the schedule, the saver's queue, the
//	        flusher's waiting rows, the syncer's lists, samplers, the decisions, the
//	        subscribers of events
//
// Goroutines that serve many rooms never wait for a room's lock: they try it, and leave work that
// cannot be done at once to the room's own goroutine (package roomlock). The fields of room say
// which lock guards them.
//
// The states of a room are drawn at roomState. A room is in the room map from before it is loaded
// until it has no peer, no waiting join, and nothing unsaved. It is then removed in one step, under
// its lock and the shard's. A join that has found it just before sees that it is gone, and opens it
// again.
//
// # Sizes
//
// When a snapshot is taken of a document that has grown by a quarter, a copy of it is compacted
// first. The same is done before an update is refused because the document would be too large
// (fulldocument.go). Updates that were refused, for that or another reason, are requested again
// when the reason has gone (refusal.go). The compressed pieces of large documents are kept, within
// a bound, so that the next snapshot compresses only new ones (package piececache). A room without
// peers holds its document compressed.
//
// # Authors
//
// Of each unit of a document, and of each deletion, the engine keeps the user of the peer, or of
// the caller, whose update brought it first (attribution.go, package authors). Rows say only what
// the rows before do not, so a keystroke adds nothing to them; snapshots have all of it. The text
// of a record, and external changes, are of nobody. Authors and Compare read it, also of versions
// and of rooms that are not loaded (authorship.go).
//
// A panic in a room ends that room and no other: its peers are closed, nothing of it is saved, and
// the next join loads the durable state. Only a panic while a document is turned into Markdown or
// back does less: the draft waits, and editing goes on.
//
// # Caveats
//
// One process owns a room: a store that is no Leaser must not let two in.
//
// An Append that failed may have stored its rows all the same. They are stored again; merging an
// update twice is merging it once.
//
// A snapshot may hold updates whose rows are still on their way to the journal. The rows stay, and
// count once.
//
// # Layout
//
// The package is large because a room is one state under one lock: functions that read or change it
// are methods of room, and would need it exported elsewhere. Other code is in packages of its own:
// authors, awareness, groupcommit, linepatch, logsample, outbound, piececache, recordsync, roomkey,
// roomlock, schedule, stored, ydoc.
//
// Files, in layers; each uses only what is listed before it:
//
//	errors.go group.go keeping.go  errors; waiting; versions that are being kept
//	ports.go announcer.go config.go
//	                           the interfaces that the engine uses, and its configuration
//	metrichelp.go metriclabels.go  the metrics: meanings and labels
//	arguments.go               the texts that administrators may give
//	engine.go metrics.go slow.go compactor.go decisions.go  all rooms; metrics, logs, locks, bans
//	archive.go                 how versions are stored
//	room.go roommap.go leases.go frozen.go peer.go peerstate.go commit.go info.go roomstats.go
//	                           the state of rooms and peers, and what is known without locks
//	announce.go                what becomes of documents, for others
//	bans.go                    users that are kept out
//	lock.go duties.go          how a room's lock is taken; when the room is due
//	pacing.go permission.go    the times of flushes; the permission to write
//	broadcast.go sizewarning.go  messages to all peers
//	attribution.go             the authors of what is written and deleted
//	compress.go source.go      the compressed document, and the durable one
//	damaged.go                 rooms whose stored state is damaged
//	tombstone.go former.go     what is left of deleted documents, also in clients
//	presence.go welcome.go answer.go receipts.go counting.go  messages to one peer
//	delay.go refusedrow.go     a store that takes long or refuses
//	resync.go refusal.go syncrequest.go
//	                           updates that refer to missing ones, or are refused; requests
//	compact.go                 compaction of the document
//	merge.go seedrebase.go     the way of an update into the document
//	fulldocument.go            documents that have no room for more
//	cut.go                     the changes on their way to the journal
//	record.go published.go     the record of a room; peers that may see only its published text
//	recordroom.go              the room as its record knows it
//	stateless.go deliver.go invalid.go  messages from peers
//	steadyclock.go             jumps of the clock
//	lifetime.go saver.go save.go saverequest.go expire.go compressidle.go  the saver
//	load.go                    loading of a room
//	dutytable.go flushroom.go  the duties of a room; the room as the flusher knows it
//	evict.go                   unloading of a room that people are in
//	disown.go mergestored.go handover.go  rooms that several nodes share
//	join.go govern.go          joins; sessions that change
//	inspect.go steer.go control.go otherdecisions.go roommetrics.go
//	                           administration: what rooms there are; locks, kicks, notices
//	storedrooms.go keepversion.go versions.go authorship.go relief.go storedchange.go asked.go
//	                           what is stored; earlier versions; who wrote what, and comparing;
//	                           fewer rooms where memory is short
//	readdocument.go edit.go    documents and edits for programs that are no peers
//	delete.go                  deletion of documents
//	start.go drain.go          start and end of an engine
//	reconfigure.go             another configuration
package engine
