// Package limit has the limits that protect a server from its clients: how many connections there
// may be by address, by user and in all; how many handshakes an address may begin, and how many may
// be unfinished; how many messages a connection may send; how much memory unfinished messages may
// take; how soon a client may be closed again for the same reason; how many log lines may be about
// one kind of event; how often an address may send a wrong secret.
//
// Each type is one limit, and has its own lock, which is a leaf: nothing else is locked while it is
// held. None has a goroutine. Types that remember clients have a method Sweep, which forgets those
// that do not count any more, and is to be called every few seconds. Fields Now are clocks: the
// time since a fixed moment. Tests may set them before the first use.
//
// Files, in layers; each uses only what is listed before it:
//
//	metrichelp.go        what the metrics mean
//	rate.go              token buckets
//	address.go           the address that a client is counted by
//	forwardedproto.go    whether a client has come over TLS
//	connections.go       connections by address, by user and in all
//	handshakerate.go     handshakes a second by address
//	plainhttp.go         HTTP on a port for TLS
//	listener.go handshake.go refusedtls.go  handshakes that are unfinished; their connections
//	budget.go            memory of unfinished messages
//	longmessages.go      long messages that are processed at a time
//	repeats.go           repeated closes for the same reason
//	logsampler.go        log lines about one kind of event
//	tlslog.go            TLS handshakes that fail
//	attempts.go          wrong secrets by address
//	requests.go          requests by caller
package limit
