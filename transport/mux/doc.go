// Package mux carries several streams on one connection between two nodes of a cluster. The node
// that dialled has the Client, and opens streams; the other one has the Server, and accepts them.
// Package handon makes such connections.
//
// Frames of all streams are collected, and go out in one write. yamux and smux, which are usual for
// this, write each frame by itself and need a goroutine for each stream that reads; this package
// needs neither.
//
// A session has two goroutines: one reads the connection, the other one writes when Flush is
// called (Config.Soon), or after a moment. A stream is a net.Conn, or passes what comes to Events,
// and then has no goroutine at all. An idle stream holds no buffer.
//
// # Protocol
//
// Both nodes send frames. Each begins with a head of 8 bytes; numbers have the higher bytes first:
//
//	4 bytes  the stream
//	1 byte   the kind of the frame
//	3 bytes  n, the length of the payload, except for the kind window
//	n bytes  the payload
//
//	kind      payload        meaning
//	1 open    ≤ 16 KiB       opens a stream; from the client only
//	2 answer  ≤ 16 KiB       answers open; from the server only, once
//	3 data    ≤ 16 KiB       the next bytes of the stream
//	4 window  none           the other node may send n more bytes of data
//	5 end     none, n is 0   no more data will come from this node
//	6 reset   none, n is 0   both directions have ended; instead of an answer: it is refused
//
// Streams are numbered from 1, in the order in which they are opened. Before the answer a stream
// has no frames but open and reset. Each node may send Window bytes of data on each stream, and
// more as window frames allow it; never are more than Window bytes allowed at once.
//
// A stream that was closed here after its end frame drops what comes until the other node's end
// frame, so that what was sent before still arrives. A frame of a stream that has ended here is
// ignored, as the other node may not have known. All others that are not as described end the
// session.
//
// # Locks
//
// Session.mu is the only lock. It guards all streams of a session. It is not held during calls of
// net.Conn, Events and Config, but for Config.Soon.
//
// Files, in layers; each uses only what is listed before it:
//
//	frame.go     heads of frames
//	errors.go    errors
//	deadline.go  deadlines of calls that wait
//	config.go session.go stream.go  Config, Events; the state of sessions and streams
//	queue.go     frames that wait for the next write
//	window.go    how much may be sent, and may come
//	deliver.go   calls of Events
//	read.go write.go  bytes of a stream
//	close.go     the end of a stream
//	open.go      the beginning of a stream
//	receive.go   frames that have come
//	end.go       the end of a session
//	reader.go writer.go  the two goroutines
//	start.go     Client, Server
package mux
