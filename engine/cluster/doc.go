// Package cluster shares rooms among nodes. Each room has at most one owner, the node that holds a
// lease of it in what the nodes share (Shared: a Redis). Documents are CRDTs, so two owners at a
// time would harm no text; leases are there so that drafts are saved once, and presence and version
// numbers have one place.
//
//	n := cluster.New(cluster.Config{Shared: redis, ShardOf: redis.ShardOf, Address: listener})
//	n.SetHolder(store) // package nodestore
//	go n.Run(ctx)
//	grant, err := n.Take(ctx, "record:1")
//
// # Time
//
// A lease counts for its owner until the time when its renewal was sent, and Config.TTL, less
// Config.Margin. The clock goes on while the machine is suspended. Correctness of text does not
// rest on it: Redis compares the fence at each write.
//
// # Another Redis
//
// The generation of a shard of Redis changes when that fails over, is restarted or is emptied. Each
// node that sees a new generation has its Holder put back what may be lost, and then announces the
// generation. Nobody takes a lease before all live nodes have announced it.
//
// # Goroutines and locks
//
// Run has a goroutine each for announcements, renewals, putting back, asking for rooms, and probes
// of other nodes. The lock is a leaf: neither Shared nor Holder is called under it.
//
// Files, in layers; each uses only what is listed before it:
//
//	ports.go         what the nodes share
//	holder.go        what has the rooms of a node; errors
//	processtime.go   the clock
//	bootclock_linux.go bootclock_other.go  the clock that goes on in suspend
//	config.go        Config
//	announcement.go  what nodes announce of themselves
//	metrichelp.go counters.go  the metrics that are counted
//	node.go          Node
//	gauges.go        the metrics that are read
//	sight.go         what announcements show: live nodes, and generations
//	announce.go      announcing
//	putback.go       putting back what a new generation may lack
//	lease.go         taking, releasing and losing leases
//	renew.go         renewing leases
//	confirm.go       confirming leases, and claims of drafts
//	owner.go         looking up the owners of rooms
//	unreachable.go   owners that cannot be reached
//	nodes.go         the live nodes
//	ready.go         readiness, and probes of other nodes
//	run.go           the Node's goroutines
package cluster
