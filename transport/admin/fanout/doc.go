// Package fanout carries calls of nodes to each other: HTTP on the listener for nodes, with the
// secret of the nodes. A Caller sends requests, a Server answers those of others. Neither knows
// what they are about: the admin API does (package admin).
//
// A Server has no listener of its own. Whoever accepts connections of nodes gives it those that
// begin as HTTP does.
//
// Files, in layers; each uses only what is listed before it:
//
//	secret.go    the secret of the nodes
//	queue.go     connections that are given to a server
//	probe.go     what a node says when it is asked whether it is there
//	server.go    answers
//	caller.go    requests
//	clocks.go    the clocks of other nodes
package fanout
