// Package lib0 reads and writes the primitives of the npm package lib0, in which Yjs encodes
// everything: variable-length integers, strings, byte arrays and Any values.
//
// Encoders append to a slice that the caller owns. A Reader borrows: every []byte it returns is a
// part of its input.
//
// Files, in layers; each uses only what is listed before it:
//
//	utf.go       UTF-8 and UTF-16: validity, lengths
//	write.go     the limits of integers, and appending
//	reader.go    Reader: errors with offsets, integers, byte arrays, strings
//	any.go       Any values: tags, reading past one
//	anywrite.go  appending Any values
package lib0
