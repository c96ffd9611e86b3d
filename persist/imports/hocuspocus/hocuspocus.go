// Package hocuspocus reads the documents of Hocuspocus: the database of its SQLite extension, with
// a table "documents" of names and states; and folders of files, one for each document, as its S3
// extension keeps them (a copy of the bucket), and programs that store documents by themselves.
// States are updates (V1).
//
// In a folder, the name of a document is that of its file, from the folder on, with slashes, and
// without one of the endings .bin, .yjs, .ydoc, .update and .state. Programs that store documents
// in files often percent-encode the names: %2F in the name of a file is a slash in that of the
// document. Files whose names begin with a dot are not read.
//
// Files, in layers; each uses only what is listed before it:
//
//	database.go folder.go  the two sources
//	hocuspocus.go          Open
package hocuspocus

import (
	"os"

	"github.com/civicpress/civic-realtime/persist/imports"
	"github.com/civicpress/civic-realtime/persist/imports/sqlite"
)

// Is reports whether a path is that of a database. Folders are not told from others.
func Is(path string) bool { return sqlite.Is(path) }

// Open opens a database or a folder of files. Its error is an imports.ErrUnknown, ErrInUse or
// ErrDamaged, or one of the file system.
func Open(path string) (imports.Source, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return openFolder(path)
	}
	return openDatabase(path)
}
