// Package redis keeps rooms in Redis, for several nodes: a single Redis (7.0 or later), one that
// sentinels watch over, or a Redis Cluster. Client is what the nodes share: who is there, who has
// the lease of a room, and the rooms' rows and snapshots. Every write of an owner compares the
// lease in the same script, but for most rows: see below. A node has one Client.
//
// The rooms are divided into shards: one, or 16 on a Redis Cluster. All keys of a shard begin with
// its tag, {prefix} or {prefix:NN}, so that one script can serve many of its rooms. A call for many
// rooms is one pipeline, with one script for each shard, or more if they would take long.
//
//	TAG:marker            random; made by the first node that finds none
//	TAG:fence             the last fence that was given out
//	TAG:nodes, :node:N    names of nodes by the time at which they end; descriptions
//	TAG:rooms, :expiry    names of rooms; those that expire, by the time
//	TAG:owner:R           "<fence> <node> <incarnation> <run id>", for the time of a lease
//	TAG:asked:R           another node asks for the room
//	TAG:waiting           names of rooms with late updates, or that are asked for
//	TAG:meta:R            incarnation, version, saved, expires, versions, damaged
//	TAG:snapshot:R        a frame
//	TAG:journal:R         a stream of rows, with ids <fence>-<number>; d: a row, s: a snapshot
//	TAG:late:R            late updates by their hashes: incarnation, d or s, frame
//	TAG:claims:R          hashes of drafts
//	TAG:gone:R            incarnation and version of a room that was dropped
//	TAG:versions:R        time, size and reason of versions by their numbers
//	TAG:version:I:R       the snapshot of a version
//	TAG:quarantine:K:R:T  what was set aside
//	TAG:decisions         decisions of administrators
//	TAG:outbox…           messages of webhooks that wait (Outbox)
//	TAG:secret            of the nodes
//
// A frame is a form byte, a checksum of the room's name and the data, and the data. Incarnations
// are 16 hexadecimal digits: a newer one is greater.
//
// The library is rueidis, as it puts calls of many goroutines into one pipeline by itself. It is
// tuned down: no cache, no retries (a row that is sent again is doubled), buffers of 16 KiB.
//
// # Rows without a script
//
// An XADD by itself costs Redis half as much as one in a script. A row may be appended so while the
// room's journal is open: Redis then refuses rows of an earlier lease, as ids begin with the fence
// and ascend. Whatever a row must do more than to be appended closes the journal, by making its
// last id the highest there is: another lease, a room that is to expire, that was dropped or set
// aside, or that begins anew. The next row is refused, and goes by the script, which does what is
// to be done, and opens the journal. A lease that has ended is not noticed before another is given.
//
// Files, in layers; each uses only what is listed before it:
//
//	errors.go types.go frame.go         errors, the types of Client's methods, blobs
//	metrichelp.go metrics.go            metrics
//	config.go script.go                 options, scripts
//	grouprows.go known.go               rows by rooms, what Redis is known to have
//	client.go answer.go group.go        connections, calls of scripts, their answers
//	settings.go replicas.go             settings of servers, waiting for replicas
//	announce.go lease.go                nodes and owners
//	texter.go appendopen.go append.go   rows
//	load.go snapshot.go                 rooms
//	late.go claim.go                    late updates, drafts
//	versions.go rooms.go decisions.go   versions, lists, expiry, decisions of administrators
//	store.go storewrite.go              the contract of package persist
//	outbox.go                           the outbox of all nodes
package redis
