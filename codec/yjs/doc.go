// Package yjs reads, checks and writes the binary formats of Yjs, version 1: updates with their
// structs and delete sets, state vectors, and the awareness updates of y-protocols.
//
// Bytes from outside go through CheckUpdate, CheckAwareness or ParseStateVector, whose errors are
// *lib0.SyntaxErrors. Encoders append to a slice that the caller owns. Decoders borrow: every
// []byte they return is a part of the input. Checking and reading do not allocate.
//
// Files, in layers; each uses only what is listed before it:
//
//	id.go            ID, a client and a clock
//	errors.go        the errors of updates
//	subdoc.go        the options of subdocuments
//	content.go       the content of structs
//	struct.go        Struct, and Structs, a run of them
//	deleteset.go joindeletes.go  DeleteRange, reading and writing delete sets; sorting ranges
//	update.go        CheckUpdate, and walking an update
//	statevector.go   StateVector
//	awareness.go     awareness updates
package yjs
