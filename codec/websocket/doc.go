// Package websocket reads and writes the frames of the WebSocket protocol (RFC 6455)
// as a server needs them: it reads masked frames, from a stream that may be cut
// anywhere, and writes unmasked ones.
//
// Files, in layers; each uses only what is listed before it:
//
//	frame.go     opcodes, limits, writing frames and close payloads
//	header.go    reading the headers of masked frames, close payloads, errors
//	mask.go      unmasking
//	reader.go partial.go skip.go   Reader: whole, incomplete and skipped messages
//	buffered.go  the memory of a Reader
//	extension.go deflate.go  agreeing on compression (RFC 7692), and compressed messages
package websocket
