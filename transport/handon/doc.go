// Package handon hands connections on from one node to another. A node that gets a connection for a
// room of another node opens a stream to that node's peer listener, describes the connection
// (Preamble), and from then on passes the bytes of the client as they came; package transport does
// the passing. The node that owns the room serves the connection as if its client had come there.
//
// # Protocol
//
// Two nodes have few connections, each with the streams of many clients (package mux). A connection
// begins with a hello of the node that dials:
//
//	1 byte   0x02, the version
//	2 bytes  length of the rest, the higher byte first
//	         JSON: the nodes' secret, and the name of the node that dials
//
// It is answered with a byte, an Answer, and one byte with the length of a text that says why.
// After Accepted it is a session of package mux. A stream is opened with a Preamble in JSON, and
// answered in the same way; after Accepted it is the client's. A connection whose first byte is a
// letter from A to Z is a call over HTTP, and goes to Config.Calls.
//
// Nothing public is on the peer listener: a connection without the secret gets an answer and is
// closed. A connection that was handed on is never handed on again.
//
// # Several rooms on one connection
//
// A protocol whose clients have several rooms on one connection hands on room by room: for each
// room of another node the node that has the connection calls Dial, with the client's addresses in
// the preamble, sends a WebSocket handshake that names that room alone and has the client's token,
// and then passes the messages of that room. To the owner it is a client like others.
//
// Files, in layers; each uses only what is listed before it:
//
//	preamble.go  the hello, the preamble, and their answer
//	config.go    Config
//	flush.go     when a session sends
//	dial.go      the node that dials: a connection
//	dialer.go    the node that dials: its sessions
//	conn.go      a connection that was handed on
//	sessions.go  the node that accepts: its sessions
//	listener.go  the node that accepts: the Listener
//	streams.go   the node that accepts: streams
//	accept.go    the node that accepts: connections
package handon
