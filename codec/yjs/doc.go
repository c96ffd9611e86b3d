// Package yjs reads, checks and writes the binary formats of Yjs, version 1: updates
// with their structs and delete sets, state vectors, and the awareness updates of
// y-protocols.
//
// Decoders borrow: every []byte they return points into the input and lives
// exactly as long as it does. Checking and walking do not allocate.
//
// Files, in layers; each uses only what is listed before it:
//
//	id.go            ID, a client and a clock
//	errors.go        what can be wrong with an update
//	subdoc.go        the options of subdocuments
//	content.go       the content of structs
//	struct.go        Struct, and Structs, a run of them
//	deleteset.go     DeleteRange, reading and writing delete sets
//	update.go        CheckUpdate, and walking an update
//	statevector.go   StateVector
//	awareness.go     awareness updates
package yjs
