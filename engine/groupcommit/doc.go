// Package groupcommit makes what is new in rooms durable: a Flusher takes the rooms that are due,
// has each step, commits the rows of all of them in one call of the Store, and lets each send what
// is durable then. What comes while a commit is under way is the next group.
//
//	schedule                Flusher                             Store
//	────────                ─────────────────────────           ──────
//	rooms that are due ───▶ Room.Step ───▶ rows ──────────────▶ Append
//	                                                              │
//	    rows that wait      Room.Committed, or Room.Refused ◀─────┘
//	     ▲          └─────▶ the next commit
//	     │
//	rooms that are due, while Append takes long
//
// # Failures
//
// A commit that fails is made again after a pause, and nothing newer of its rooms before it. A row
// that the store refuses, alone of its commit, goes back to its room. A store that takes long holds
// up what waits to be durable and nothing else: after slowAfter another goroutine steps the rooms
// that are due, and after Config.Patience the rooms are notified.
//
// # Goroutines and locks
//
// Run is one goroutine for all rooms, and there is another while a commit takes long. Neither waits
// for a room's lock: where that is held the room's own goroutine steps it (package roomlock), and
// the row that it makes is in the next commit. The locks of this package are leaves.
//
// Files, in layers; each uses only what is listed before it:
//
//	ports.go       what a Flusher asks of a room and of the store
//	metrics.go     what it counts
//	waitingrows.go rows that wait for the next commit
//	flusher.go     the Flusher and its group of rows
//	failure.go     what is done when the store fails
//	step.go        the step of a room, and what follows its commit
//	slowcommit.go  what goes on while a commit takes long
//	flush.go       rooms that are due: step, commit, send, with the call of the store
//	run.go         the Flusher's goroutine
//	flushall.go    the last flush
package groupcommit
