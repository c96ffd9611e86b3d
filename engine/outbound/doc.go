// Package outbound takes messages to clients: it encodes them, once for each protocol, keeps
// a bounded Queue of them for each connection, and has a few goroutines, Writers, write all
// queues. It knows no room and no connection.
//
// A message that does not fit into a queue is dropped, and its Class says what replaces it:
// the engine notes that in the peer's Pending answer, and makes that, exactly what the client
// lacks, from the document when the queue is empty. So a client that reads slowly costs no
// more than Config.QueueBytes and one answer.
//
// A Queue and Writers have a lock each, under which no other is taken. Messages never change
// and are shared by queues. A Pending is guarded by the lock of the peer's room.
//
// Files, in layers; each uses only what is listed before it:
//
//	message.go    an encoded message, its class; one per protocol
//	buffer.go     bodies in pooled buffers, for what is encoded at once
//	document.go   updates and replies, cut to a protocol's longest message
//	pending.go    the answer that a peer has yet to be sent
//	queue.go      what waits for one connection
//	writers.go    the goroutines that write
package outbound
