// Package groupcommit makes the updates of rooms durable. A Flusher takes the rooms that are due
// and steps each of them, which may make a row. It commits all these rows in one call of the Store,
// and then lets each room send its updates. Rows that are made during a commit are in the next one.
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
// A commit that fails is made again after a pause, before anything newer of its rooms. If the store
// refuses single rows of a commit, each goes back to its room. A store that takes long holds up
// rows and nothing else: after slowAfter another goroutine steps the rooms that are due, and after
// Config.Patience the rooms are notified.
//
// # Goroutines and locks
//
// Run is one goroutine for all rooms, and there is another while a commit takes long. Neither waits
// for a room's lock: where that is held the room's own goroutine steps the room (package roomlock),
// and the row that it makes is in the next commit. The locks of this package are leaves.
//
// Files, in layers; each uses only what is listed before it:
//
//	ports.go       the interfaces of rooms and of the store
//	metrics.go metrichelp.go  the metrics
//	waitingrows.go rows that wait for the next commit
//	flusher.go     the Flusher and its group of rows
//	failure.go     failures of the store
//	step.go        the step of a room, and the end of its commit
//	slowcommit.go  the steps of rooms while a commit takes long
//	flush.go       rooms that are due: step, commit, send, with the call of the store
//	run.go         the Flusher's goroutine
//	flushall.go    the last flush
package groupcommit
