// Package protocol has the messages that clients and rooms exchange, and the
// protocols in which they travel as WebSocket payloads: y-websocket, Hocuspocus,
// and CivicPress' own in JSON and in MessagePack. docs/protocol.md describes all.
//
// Files, in layers; each uses only what is listed before it:
//
//	errorcode.go                      the codes of errors
//	message.go                        Message, its kinds, and Protocol
//	signal.go                         events that servers pass on
//	base64.go                         decoding in place
//	jsonwrite.go jsonfields.go json.go           JSON
//	msgpackwrite.go msgpackread.go msgpack.go    MessagePack
//	ywebsocket.go                     y-websocket
//	hocuspocus.go                     Hocuspocus
//	all.go                            all protocols
//	fit.go                            how much fits one frame
package protocol
