// Package ysweet reads the documents of y-sweet: a folder with a folder for each document, named by
// its id, with a file data.ysweet. y-sweet keeps the same names in a bucket of S3, so a copy of a
// bucket is read as well. Other files there, as those that people have uploaded, are not read.
//
// A data.ysweet is a map from bytes to bytes, as Rust's bincode 1 writes it: the number of entries,
// and for each its key and value, both as a length and bytes; numbers have 8 bytes, little-endian.
// Its keys are those of yrs-kvstore; oid is a number in 4 bytes, big-endian:
//
//	0 0 name 0           the oid of a document; y-sweet has one in a file, of the name "doc"
//	0 1 oid 0            its state, an update (V1)
//	0 1 oid 1            its state vector
//	0 1 oid 2 number 0   a later update (V1); the number has 4 bytes, big-endian
//	0 1 oid 3 name 0     what a program has stored with it
//
// Files, in layers; each uses only what is listed before it:
//
//	entries.go  the entries of a file
//	ysweet.go   Open, Source
package ysweet

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"github.com/civicpress/civic-realtime/persist/imports"
)

// fileName is the name of the file of each document.
const fileName = "data.ysweet"

// Source is a folder of documents.
type Source struct {
	dir   string
	names []string // of the folders with documents
	files imports.Watch
}

// Is reports whether a folder has documents of y-sweet.
func Is(dir string) bool {
	names, err := list(dir)
	return err == nil && len(names) > 0
}

// Open lists the documents in a folder. Its error is an imports.ErrUnknown, or one of the file
// system.
func Open(dir string) (*Source, error) {
	names, err := list(dir)
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("%w: no folder in %s has a file %s", imports.ErrUnknown, dir, fileName)
	}
	if err != nil {
		return nil, err
	}
	return &Source{dir: dir, names: names}, nil
}

// list returns the names of the folders in a folder that have a document.
func list(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(dir, e.Name(), fileName)); err == nil {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// Documents implements imports.Source.
func (s *Source) Documents() iter.Seq[imports.Document] {
	return func(yield func(imports.Document) bool) {
		for _, name := range s.names {
			d := imports.Document{Name: name}
			d.Updates, d.Err = s.document(name)
			if !yield(d) {
				return
			}
		}
	}
}

// document reads the updates of a document.
func (s *Source) document(name string) ([][]byte, error) {
	path := filepath.Join(s.dir, name, fileName)
	s.files.Add(path)
	b, err := imports.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return updates(b)
}

// Close implements imports.Source. y-sweet takes no locks: only changes are noticed.
func (s *Source) Close() error { return s.files.Check() }
