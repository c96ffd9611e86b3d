// Package engine holds the rooms: documents, the peers who edit them, and who
// is present. It decides what is merged, when it is durable and who is told.
// It knows no network and no database: connections come as Conn, storage as Store,
// the texts of records as Records.
//
// # The way of an update
//
//  1. Peer.TryDeliver runs where many connections are read, once at a time for each,
//     and waits for nothing. What it could not handle as the room's lock was held is
//     left to Peer.DeliverRest, on a goroutine of the connection's. The payload is decoded, once, and the update
//     checked before that is taken. Who talks is read in beats, and not while that
//     would be no use (Peer.MayWait).
//  2. Under the room's lock the document merges it, which copies it, once. If
//     that changed anything the room is put on the schedule: at once if it was
//     quiet for a window, else for the end of the window, shortly after a beat
//     (beat.go). Presence alone waits longer, for an update to go with (window.go).
//  3. The flusher, one goroutine for all rooms, takes those that are due and cuts
//     each: all that is new in it, as one update, is a row of the journal, and
//     what peers have asked for since is encoded as of that moment.
//  4. The rows of all these rooms go to the store in one Append. No lock is held.
//     Then the flusher rests until windows end next: a busy server commits once a beat.
//  5. Each room then tells its peers: presence first, then the answers, then the
//     update, encoded once per protocol and shared by all queues. The writer gets
//     it too; for y-websocket that is the receipt. Native protocols have an Ack,
//     and who wrote all of the update is sent that alone.
//  6. Peers whose queues were empty stand in a line, which a goroutine works through,
//     writing until each queue is empty again; before it has to wait for a client,
//     another takes its place.
//
// So whatever one client learns from another is on disk by then. When the store
// fails nothing is told, the row is kept and tried again before anything newer.
// Presence is not journaled and waits for no store. While a commit takes long the
// flusher is relieved of all else (relief.go). After Config.JournalPatience people are
// told that they wait, and who asks for the document gets what is durable (delay.go).
//
// # Who is there
//
// y-websocket knows awareness states, native protocols know users and cursors. A
// room has both: every peer counts for a participant, every native peer that has
// no awareness state of its own gets one, its avatar, and cursors are read from
// the states of the others. Id and name in all of them are the token's.
//
// # The life of a record
//
// With Records a room's document is a record's text. The base is the state of the
// record that the document goes back to: Records' mark of it, a hash of its
// Markdown, and that text (mergebase.go). It is journaled in one row with the update
// that goes with it, and is in snapshots, so that after a crash neither is found without the other.
//
// Before its first peer is greeted a room begins: with what the Store has; else with
// a snapshot kept beside the record; else with the text that the peer is shown, as
// an update that is the same wherever it is made (origin.go). A text that only
// viewers are shown is no base for an editor.
//
// When somebody is shown something else than the base, or a look or a save finds
// it, the record was changed outside (outside.go). If the document says what its
// base did it is brought to the new text by a small edit; if not, both are merged
// block by block, and where that leaves something of the other text out it becomes a
// version in the Archive (compare.go, outcome.go). What an editor made of a text before our
// last drafts is merged against that text (ancestor.go), the title that CivicPress' form adds
// is left out (title.go), and what was written in a record that is gone is not saved to another
// that comes under its name. When people have written and
// paused, what the document says is saved, unless the base says it (drafts.go); what
// cannot be saved stays, in the room or in the Store, until it can.
//
// A client whose document was seeded with another text, which what it wrote proves
// and its id does not, is reunited with the room (reunion.go). What is stored of a
// room that agrees with its record expires.
//
// # Nouns
//
// An Engine has a table of rooms, a schedule of when each next has something to
// do, a flusher, a saver and, for what concerns records, clerks. A room has a document, peers and their presence. A
// peer has a queue of parcels, each a message finished for one protocol, and a
// debt: what it asked for, and what its queue could not hold. A debt is paid
// from the document, with one diff, when the queue has run empty.
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
// computation only, never across Store, Records, Conn, compression or, but for a
// reunion, Markdown. Nothing that rooms share waits for it: it is tried, and what cannot
// be done at once is left to the room's own goroutine (later.go), which gets its turn
// however busy the room is. Before it comes a room's work, which is held by whoever begins
// the room, compares it with its record or saves it, for as long as that takes.
// After it, in this order where several are held: a shard of the table; then, each a
// leaf, a peer's queue, the writers' line, the schedule, the saver's queue, the clerks' lists. Fields
// say who owns them.
//
// A room is in the table from before its load until, in one step under its lock
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
//
// Between Records finding that a record is what it was and writing to it there may
// be a gap. What somebody else saves in that is written over.
//
// A room that began without its record's text, for want of a credential, and was
// written in goes by that: the text that comes later is kept as a version.
package engine
