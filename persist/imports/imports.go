// Package imports describes the stores of other servers, for those who move to this one. The
// folders below read them: ywebsocket what y-websocket-server keeps with y-leveldb, hocuspocus the
// databases of Hocuspocus' SQLite extension and folders of files, ysweet the files of y-sweet.
// Packages leveldb and sqlite read the formats of files, and know nothing of documents; package
// inuse sees whether another process uses a file.
//
// No package here changes a source: files are opened for reading, and none is created.
// None looks into updates, which are bytes. All files are taken as untrusted: whatever is in
// them, reading ends, with no more memory than they are large.
//
// Files, in layers; each uses only what is listed before it:
//
//	imports.go  Document, Source, errors
//	watch.go    reading files, and noticing that they change
package imports

import (
	"errors"
	"iter"
)

// MaxBytes is the length in bytes of the longest value that is read from a store, such as a state.
const MaxBytes = 1 << 30

// Errors of sources.
var (
	// ErrInUse says that a server uses the store.
	ErrInUse = errors.New("the store is in use: stop the server that uses it")
	// ErrChanged says that a store has changed while it was read.
	ErrChanged = errors.New("the store has changed while it was read: stop the server that uses it")
	// ErrUnknown says that there is no store of the expected kind.
	ErrUnknown = errors.New("no such store")
	// ErrDamaged says that a store, or a part of it, cannot be read.
	ErrDamaged = errors.New("damaged")
)

// Document is a document of another server.
type Document struct {
	Name    string   // as that server names it
	Updates [][]byte // Yjs updates (V1) that make the document, in order; owned by the receiver
	Err     error    // why Updates may not be all; nil: they are all

	// Lost marks a part of the store that cannot be read, in the place of a document. Documents in
	// it may be missing altogether.
	Lost bool
}

// Source is the store of another server, opened for reading. It is used by one goroutine.
type Source interface {
	// Documents returns all documents, each once. It reads one at a time, and may be called once.
	Documents() iter.Seq[Document]

	// Close releases the files. It fails with ErrInUse or ErrChanged if what was read may not be
	// one state of the store.
	Close() error
}
