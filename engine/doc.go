// Package engine holds rooms: a document each, the peers who edit it, and their presence. It
// decides what is merged, when it is durable, and who receives it. It knows neither network nor
// database: ports.go has what it asks of connections, stores and records.
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
//	 1. Peer.TryDeliver runs where many connections are read, once at a time for each, and waits for
//	    nothing. What it cannot handle at once, as the room's lock is held, it leaves to
//	    Peer.DeliverRest on a goroutine of the connection's. The payload is decoded once, and the
//	    update checked, before the lock is taken (deliver.go).
//	 2. Under the room's lock the document merges the update, which copies it, once (merge.go). If
//	    that changed anything a flush of the room is scheduled (pacing.go).
//	 3. The flusher, one goroutine for all rooms, steps those that are due. A step that flushes takes
//	    a cut: all that is new, as one update, is a row of the journal, and pending answers are
//	    encoded as of that moment (dutytable.go, cut.go).
//	 4. The rows of all these rooms go to the store in one Append, with no lock held (package
//	    groupcommit).
//	 5. Each room then sends: presence first, then the answers, then the update, encoded once per
//	    protocol and shared by all queues. The writer receives it too, which is the receipt of
//	    y-websocket. Native protocols have an Ack, and the only writer of an update receives just
//	    that.
//	 6. Writers write what is in the queues (package outbound).
//
// So whatever one client receives of another is on disk by then. If the store fails nothing is
// sent; the row is kept and tried again before anything newer. Presence is not journaled and waits
// for no store. While a commit takes long another goroutine does the flusher's other work (package
// groupcommit). After Config.JournalPatience peers are notified, and answers are made of what is
// durable (delay.go).
//
// # Presence
//
// Package awareness keeps the awareness states, users and cursors of a room. The room passes it
// what peers send, and sends what has changed with each flush (presence.go).
//
// # Records
//
// With Config.Records the document of a room is a record's text: it begins with that, edits are
// saved as drafts, and external changes are merged. Package recordsync does so; a room has a
// recordsync.Record, which sees the room as a recordsync.Room (recordroom.go). Without Records it
// is nil, and no update is asked about. What is stored of a room that is in step with its record
// expires.
//
// # Goroutines
//
// They are the flusher, and another while a commit takes long; the saver, which compresses and
// stores snapshots and unloads rooms; one for each load, and for each room whose full document is
// being compacted; a few writers while there is something to write, and one for each client that
// takes nothing of it; up to four workers while there are drafts to save or records to fetch. A
// room has a goroutine of its own while its lock is held and something waits for that (package
// roomlock). An idle room or peer has neither goroutine nor timer.
//
// # Locks
//
// A lock may be taken while those above it are held:
//
//	work lock of a record (recordsync)      held across calls of Records
//	  room.rebasing                         while a rebase is worked out
//	    room.mu                             computation only: never across Store, Records, Conn,
//	      │                                 compression or Markdown
//	      ├ shard of the room map
//	      ├ room.mu's list of deferred functions
//	      └ leaves: a queue, the writers' line, the schedule, the saver's queue, the
//	        flusher's waiting rows, the syncer's lists, samplers
//
// Goroutines that serve many rooms never wait for a room's lock: they try it, and leave to the
// room's own goroutine what cannot be done at once (package roomlock). The fields of room say which
// lock guards them.
//
// A room's states are drawn at roomState. It is in the room map from before its load until, in one
// step under its lock and the shard's, it has no peer, no join that waits, and nothing unsaved. A
// join that found it a moment before sees that it is gone, and opens it anew.
//
// # Sizes
//
// When a snapshot is taken of a document that has grown by a quarter, it is compacted on the way,
// on a copy. So it is before an update is refused for its size (fulldocument.go). What was refused,
// for that or another reason, is requested again when the reason has gone (refusal.go). The
// compressed pieces of large documents are kept, within a bound, so that the next snapshot costs
// what is new in it (package piececache). A room without peers holds its document compressed.
//
// A panic in a room ends that room and no other: its peers are closed, nothing of it is saved, and
// the next join loads what is durable. Only turning documents into Markdown and back may fail
// without that: then a draft waits, and editing goes on.
//
// # Caveats
//
// One process owns a room: the store must not let two in.
//
// An Append that failed may have stored its rows all the same. They are stored again; merging an
// update twice is merging it once.
//
// A snapshot may hold updates whose rows are still on their way to the journal. The rows stay, and
// count once.
//
// # Layout
//
// The package is large because a room is one state under one lock: whatever reads or changes it is
// a method of room, and would need it exported elsewhere. What does not is in packages of its own:
// awareness, groupcommit, logsample, outbound, piececache, recordsync, roomkey, roomlock, schedule,
// stored, ydoc.
//
// Files, in layers; each uses only what is listed before it:
//
//	errors.go group.go         errors; a wait group
//	ports.go config.go         what the engine asks of others, and its configuration
//	engine.go metrics.go slow.go compactor.go  all rooms, and what is counted and logged of them
//	room.go roommap.go peer.go peerstate.go commit.go  the state of rooms and peers
//	lock.go duties.go          how a room's lock is taken; when the room is due
//	pacing.go permission.go    when a room flushes; who may write
//	broadcast.go sizewarning.go  what all peers are sent
//	compress.go source.go      the document compressed, and as it is durable
//	damaged.go                 rooms whose stored state is damaged
//	presence.go welcome.go answer.go receipts.go  what one peer is sent
//	delay.go refusedrow.go     a store that takes long or refuses
//	resync.go refusal.go       updates that lack something, or are refused
//	compact.go                 the document compacted
//	merge.go seedrebase.go     the way of an update into the document
//	fulldocument.go            documents that have no room for more
//	cut.go                     what is new, on its way to the journal
//	record.go published.go     the record of a room; peers that may see only what is published
//	recordroom.go              the room as its record knows it
//	deliver.go invalid.go      what peers send
//	lifetime.go saver.go save.go expire.go compressidle.go  the saver
//	load.go                    how a room is loaded
//	dutytable.go flushroom.go  all that a room does by itself; the room as the flusher knows it
//	join.go govern.go start.go drain.go  how peers join, and how an engine begins and ends
package engine
