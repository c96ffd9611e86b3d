// Package nodestore is the store of a node among several (package cluster): its own disk, and the
// Redis that all nodes share.
//
// The local disk has everything that this node has accepted, and everything that it had of a room
// when it took it over. What of it Redis has, too, is said by marks, which lie beside the rooms on
// the disk: the rest is the outbox. So it survives a crash, and a data directory of a server that
// ran alone is one that is unsent as a whole. Rows are sent within Config.Delay or, with
// Config.Redis, before they count as durable. Rows beyond Config.OutboxBytes are dropped from
// memory, and the whole state of their rooms is sent from the disk. A snapshot is sent only after
// the rows that it covers, and covers no late update that is not merged yet.
//
// What is unsent of a room that this node does not have goes to the room's list of late updates,
// whose owner merges it, or whoever takes the room over.
//
// # Taking over
//
// Load takes a room over, after it has the lease. It reads what Redis and the disk have, and the
// late updates. If all are of one incarnation they are merged, and each gets what it lacks. Else
// the incarnation in Redis counts or, if Redis has nothing of the room, the newest; others are kept
// as versions, unless Redis had all of them.
//
// A node whose lease was lost while it had clients takes the room over in the same way if nobody
// else has it, and merges what it has learnt into the loaded room (Rooms.MergeStored). Otherwise
// the room is disowned.
//
// # Goroutines and locks
//
// Run has a goroutine that sends rows of all rooms in one call, and one that starts a goroutine for
// each room on which there is other work: at most workers, so that a room that takes long holds up
// no other. Work that fails is done again after a pause. Each room has a lock, which is held during
// such work, and never while a lease is waited for, as that may wait for PutBack, which needs the
// lock, or while the engine is called, which calls back.
//
// The package is large because the outbox, taking over and putting back share the state of a room.
//
// Files, in layers; each uses only what is listed before it:
//
//	ports.go config.go errors.go  what the package uses; options; errors
//	metrics.go metrichelp.go      the metrics
//	room.go                       a room: its outbox, and where its rows are in Redis
//	gauges.go store.go            the Store: rooms and marks
//	copy.go                       the state of a room in Redis, or on the disk
//	version.go                    documents that are kept as versions
//	queue.go                      work that waits for a worker
//	replace.go                    rooms that are deleted, or begun anew
//	outbox.go append.go           rows
//	state.go                      snapshots, and whole states
//	settle.go takeover.go         taking rooms over
//	late.go                       late updates: offering and taking them
//	lease.go claims.go            the methods about leases; claims of drafts
//	holder.go                     the methods that the Node calls
//	archive.go                    versions, expiry, decisions
//	work.go run.go                workers, and the Store's goroutines
package nodestore
