// Package engine holds the rooms: documents, the peers who edit them, and who
// is present. It decides what is merged, when it is durable and who is notified.
// It knows no network and no database: connections come as Conn, storage as Store,
// the texts of records as Records.
//
// # The way of an update
//
//  1. Peer.TryDeliver runs where many connections are read, once at a time for each,
//     and waits for nothing. What it could not handle as the room's lock was held is
//     left to Peer.DeliverRest, on a goroutine of the connection's. The payload is decoded, once, and the update
//     checked before that is taken. Who talks is read in ticks, and not while that
//     would be no use (Peer.MayWait).
//  2. Under the room's lock the document merges it, which copies it, once. If
//     that changed anything the room is put on the schedule: at once if it was
//     quiet for a window, else for the end of the window, shortly after a tick
//     (tick.go). Presence alone waits longer, for an update to go with (window.go).
//  3. The flusher, one goroutine for all rooms, takes those that are due and cuts
//     each: all that is new in it, as one update, is a row of the journal, and
//     what peers have asked for since is encoded as of that moment.
//  4. The rows of all these rooms go to the store in one Append. No lock is held.
//     Then the flusher rests until windows end next: a busy server commits once a tick.
//  5. Each room then notifies its peers: presence first, then the answers, then the
//     update, encoded once per protocol and shared by all queues. The writer gets
//     it too; for y-websocket that is the receipt. Native protocols have an Ack,
//     and who wrote all of the update is sent that alone.
//  6. Peers whose queues were empty stand in a line, which a goroutine works through,
//     writing until each queue is empty again; before it has to wait for a client,
//     another takes its place.
//
// So whatever one client learns from another is on disk by then. When the store
// fails nothing is notified, the row is kept and tried again before anything newer.
// Presence is not journaled and waits for no store. While a commit takes long the
// flusher is relieved of all else (relief.go). After Config.JournalPatience people are
// told that they wait, and who asks for the document gets what is durable (delay.go).
//
// # Presence
//
// Package awareness keeps the awareness states, users and cursors of a room. The room passes
// it what peers send, and sends what has changed with each flush (presence.go).
//
// # Records
//
// With Config.Records the document of a room is a record's text: it begins with that, edits
// are saved as drafts, and external changes are merged. Package recordsync does so; a room has
// a recordsync.Record, which sees the room as a recordsync.Room (recordroom.go). Without
// Records it is nil, and no update is asked about. What is stored of a room that is in step
// with its record expires.
//
// # Nouns
//
// An Engine has a table of rooms, a schedule of when each next has something to
// do, a flusher, a saver and, with Records, a recordsync.Syncer. A room has a document, peers and their presence. A
// peer has a queue of messages, each encoded for one protocol, and a pending answer: what it
// asked for, and what its queue could not hold (package outbound). The answer is made of the
// document, with one difference, when the queue is empty.
//
// # Goroutines and locks
//
// Goroutines: the flusher, and one in its place while a commit takes long; the saver, which compresses and stores snapshots and
// unloads rooms; one for each load, and for each room whose document is full while that is compacted; one or a few writers while there is something to
// write, and one for each client that takes nothing of it; up to four workers while there are rooms to save or records to look at. A room has one of
// its own while its lock is held and something waits for that. An idle room or peer has
// none, nor a timer.
//
// A room's lock owns its document, peers, presence and plans; it is held for
// computation only, never across Store, Records, Conn, compression or Markdown. Nothing that rooms share waits for it: it is tried, and what cannot
// be done at once is left to the room's own goroutine (later.go), which gets its turn
// however busy the room is. Before it comes the work lock of its
// record (recordsync).
// After it, in this order where several are held: a shard of the room map; then, each a
// leaf, a peer's queue, the writers' line, the schedule, the saver's queue, the Syncer's lists. Fields
// say who owns them.
//
// A room is in the room map from before its load until, in one step under its lock
// and the shard's, it is found to have no peer, nobody who waits to join, and
// nothing that is not stored.
// A join that came by it a moment before sees that it is gone and opens it anew.
//
// # What is kept short
//
// When a snapshot is taken of a document that has grown by a quarter, it is
// compacted on the way, on a copy. So it is before an update is refused for its size
// (makeroom.go): what was refused, for that or another reason, is asked for again when the reason has
// gone (refusal.go). What a large one was compressed to the saver
// keeps, for a while and within a bound, so that the next snapshot costs what is
// new in it. A room that nobody is in holds its document compressed.
//
// A panic in a room ends that room and no other: its peers are closed, nothing of
// it is saved, and the next join loads what is durable. Only turning documents
// into Markdown and back may fail without that: then a draft waits, and people go
// on.
//
// # Caveats
//
// One process owns a room: the store must not let two in.
//
// An Append that failed may have stored its rows all the same. They are stored
// again; merging an update twice is merging it once.
//
// A snapshot may hold updates whose rows are still on their way to the journal.
// The rows stay, and count once.
package engine
