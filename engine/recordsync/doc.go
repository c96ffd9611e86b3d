// Package recordsync synchronizes a room's document with a record: the document begins with the
// record's text, edits are saved as drafts of the record, and external changes of the record are
// merged into the document. The records themselves are behind the port Records, the room is behind
// the interface Room.
//
// # The life of a record
//
// The merge base is the last state that the document and the record had in common: the
// record's Revision, a hash of its Markdown, and that text. It is journaled in one row with the
// update that goes with it, and is in snapshots (a note, see Notes), so that after a crash
// neither is found without the other. Generations count the merge bases of a room.
//
//	                 Begin                                  Wrote
//	record's text ─────────▶ document = merge base ───────────────────▶ document is dirty
//	or the snapshot            ▲              ▲                              │
//	stored beside it           │              │  Records.Save                │ users pause
//	                           │              └──────────── draft ◀──────────┘
//	                           │                               │ *ChangedError
//	Records.Fetch, or a text   │  compare, merge, commit       ▼
//	that a peer was shown  ────┴──────────────────────── external change
//
// Initial content: the document begins, before the first peer joins, with the stored state
// of the room; else with the snapshot that is stored beside the record; else with the text
// that the peer is shown, as an update that is the same wherever it is made. A text that
// only viewers are shown is no merge base for an editor.
//
// Drafts: when peers have written and paused, the document is rendered to Markdown and saved,
// unless its text is that of the merge base. Edits that cannot be saved stay in the room, or
// in its store, until they can. Before a draft is saved it is claimed: its hash is stored, by
// Claims or in a row of the journal. A text that was claimed since the merge base is no external
// change, also if the process was killed, or the call failed, before the room noted that it is
// saved.
//
// External changes: a text with another revision than the merge base was written by another
// program. If the document still has the text of its merge base, a small edit gives it the
// new text. If it has edits of its own, both are merged block by block. If the document then
// lacks a part of the new text, that is kept as a version. A text that was made from an earlier
// text than our last drafts is merged against that earlier text. The title that CivicPress' form
// adds is left out. Edits of a record that was deleted are not saved to another record of the
// same name.
//
// Seed rebase: the update of a client whose document was seeded with another text is merged
// together with an update that deletes that text. The seed is recognized by its structs,
// never by its client id.
//
// Records may hold Yjs updates instead of Markdown (DocumentRecords). An external change is then
// applied to the document like the update of a peer, and a document is unsaved while it has structs
// or deleted ranges that the merge base has not.
//
// # Goroutines and locks
//
// A Syncer has up to PoolSize sync workers while there are records to fetch or drafts to
// save. The locks, in the order in which they are taken:
//
//  1. the work lock of a Record, by the goroutine that begins the document, compares it
//     with the record or saves it, for as long as Records takes to answer;
//  2. the room's lock, which guards most fields of the Record, for moments;
//  3. the locks of Syncer.unsaved, of its renderings and of a Pool, each a leaf.
//
// A sync worker that has to wait for a lock lets another take its place.
//
// # Caveats
//
// Records may check that a record is unchanged, and write to it a moment later. A text that
// another program saves in between is overwritten.
//
// A document that began without its record's text, for lack of a credential, and was edited
// keeps its own: the text that is fetched later is kept as a version.
//
// The package is large because all that may happen to a document and its record, in any order,
// works on one merge base under one lock.
//
// Files, in layers; each uses only what is listed before it:
//
//	ports.go                        Records and Room, the interfaces that a Syncer needs
//	config.go                       options of a Syncer
//	pool.go                         goroutines of sync workers, and the lock they work under
//	pacing.go alternation.go        when the next draft may be saved; a second server
//	updates.go                      contents that are Yjs updates
//	mergebase.go                    the merge base, and its note in rows and snapshots
//	basetext.go                     its text, and the texts before it
//	ancestor.go                     the text that another was made from
//	rowclaims.go notes.go           drafts that are about to be saved; all notes of a room
//	renderings.go                   Markdown of documents, kept for their next drafts
//	record.go metrics.go            Syncer and Record
//	recordbase.go                   setting the merge base; the state in rows; published texts
//	failednotice.go                 drafts that are not saved
//	edits.go docstate.go            edits of peers; the document at one moment
//	convert.go                      Markdown of a document, and back
//	seedrebase.go                   updates of documents with another seed
//	compare.go notices.go           a record's text compared with a document; notices to peers
//	claiminrow.go claims.go         drafts that are claimed, here and for nodes that share rooms
//	outcome.go reconcile.go         changing the document to a text; fetching the text
//	drafts.go                       saving the document
//	storedsnapshot.go begin.go      initial content
//	preparepublished.go             peers that may see only published text
//	syncer.go                       sync workers
package recordsync
