// Package peers connects a server with the other nodes that share its rooms, beside the rooms
// themselves: the admin API answers for all nodes, limits by user and address count all
// connections, and locks and bans of one node take effect on all.
//
// A node announces, about once a second, its version and its numbers of connections. It looks for
// locks and bans of others every ten seconds, and at once when another node calls it for that.
//
// Files, in layers; each uses only what is listed before it:
//
//	ports.go     what is asked of the server's parts
//	describe.go  what a node announces of itself
//	peers.go     Peers
//	nodes.go     the other nodes, for the admin API
//	run.go       the regular looks
package peers
