// Package outbound writes messages to clients. It encodes them, once for each protocol, keeps a
// bounded Queue of them for each connection, and has a few goroutines, Writers, that write all
// queues. It knows neither rooms nor connections.
//
// A message that does not fit into a queue is dropped, and its Class says what replaces it. The
// engine notes that in the peer's Pending answer. When the queue is empty the answer is made of the
// document: it is exactly the difference that the client lacks. So a client that reads slowly costs
// no more than Config.QueueBytes and one answer.
//
// A Queue and Writers have a lock each, under which no other is taken. Messages never change and
// are shared by queues. A Pending is guarded by the lock of the peer's room.
//
// Files, in layers; each uses only what is listed before it:
//
//	message.go    an encoded message and its class; one for each protocol
//	buffer.go     bodies in pooled buffers, for messages that are encoded at once
//	document.go   updates and replies, split to fit a protocol's longest message
//	pending.go    the answer that a peer is yet to be sent
//	batch.go      messages that are written in one call, compressed where that was agreed on
//	queue.go      messages that wait for one connection
//	writers.go    the goroutines that write
package outbound
