// Package limit has the limits that protect a server from its clients: how many connections there
// may be by address, by user and in all; how many handshakes an address may begin and how many may
// be unfinished; how many messages a connection may send; how much memory unfinished messages may
// take; how soon a client that is closed again and again for the same may be closed; how many lines
// of the log may be about the same.
//
// Each type is a limit of its own with a lock of its own, which is a leaf: nothing else is locked
// while it is held. None has a goroutine. Those that remember clients have a method Sweep, which
// forgets what does not count any more and is to be called every few seconds. Fields Now are the
// clocks, as time since any fixed moment; tests may set them before the first use.
//
// Files, in layers; each uses only what is listed before it:
//
//	rate.go              token buckets
//	address.go           the address that a client is counted by
//	connections.go       connections by address, by user and in all
//	handshakerate.go     handshakes a second by address
//	listener.go handshake.go  handshakes that are unfinished; their connections
//	budget.go            memory of unfinished messages
//	longmessages.go      long messages that are processed at a time
//	repeats.go           repeated closes for the same reason
//	logsampler.go        lines of the log about the same
package limit
