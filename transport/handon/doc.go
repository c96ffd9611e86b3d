// Package handon hands connections on from one node to another. A node that gets a connection for a
// room of another node dials that node's peer listener, describes the connection (Preamble), and
// from then on passes the bytes of the client as they came; package transport does the passing. The
// node that owns the room serves the connection as if its client had come there.
//
// # Protocol
//
// A connection between two nodes begins with a preamble of the node that dials:
//
//	1 byte   0x01, the version
//	2 bytes  length of the rest, the higher byte first
//	         JSON: Preamble with the nodes' secret
//
// It is answered with a byte, an Answer, and one byte with the length of a text that says why.
// After Accepted the connection is the client's. A connection whose first byte is a letter from A
// to Z is a call over HTTP, and goes to Config.Calls.
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
//	preamble.go  the preamble, and its answer
//	config.go    Config
//	dial.go      the node that dials
//	conn.go      a connection that was handed on
//	listener.go  the node that accepts
package handon
