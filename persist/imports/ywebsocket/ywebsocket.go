// Package ywebsocket reads the documents of y-websocket-server (the package y-websocket before its
// version 3): what it keeps with y-leveldb in the folder that YPERSISTENCE names.
//
// The keys of y-leveldb are lists of strings and numbers: a string is byte 0, its length as a
// varint, and its bytes in UTF-8; a number is byte 1 and 4 bytes, big-endian.
//
//	"v1", name, "update", number   an update (V1); the numbers ascend without a gap
//	"v1", name, "meta", name       what a program has stored with the document
//	"v1_sv", name                  a state vector; there is one for each document
//
// The server names documents by the path of the URL as the client has sent it: percent-encoded.
// Room percent-decodes a name.
//
// Files, in layers; each uses only what is listed before it:
//
//	key.go         keys
//	ywebsocket.go  Open, Source
package ywebsocket

import (
	"bytes"
	"errors"
	"fmt"
	"iter"

	"github.com/civicpress/civic-realtime/persist/imports"
	"github.com/civicpress/civic-realtime/persist/imports/leveldb"
)

// Source is the store of a y-websocket-server.
type Source struct {
	db    *leveldb.DB
	known map[string]bool // names of documents that were returned
}

// Is reports whether a folder has such a store.
func Is(dir string) bool { return leveldb.Is(dir) }

// Open opens the store in a folder. Its errors are those of leveldb.Open.
func Open(dir string) (*Source, error) {
	db, err := leveldb.Open(dir)
	if err != nil {
		return nil, err
	}
	return &Source{db: db, known: make(map[string]bool)}, nil
}

// Close implements imports.Source.
func (s *Source) Close() error { return s.db.Close() }

// Documents implements imports.Source. First come documents that have updates, then those that have
// none, and at last the damage.
func (s *Source) Documents() iter.Seq[imports.Document] {
	return func(yield func(imports.Document) bool) {
		_ = s.updates(yield) && s.vectors(yield) && s.lost(yield)
	}
}

// updates yields the documents that have updates.
func (s *Source) updates(yield func(imports.Document) bool) bool {
	var d document
	for k, value := range s.db.From(documents) {
		if !bytes.HasPrefix(k, documents) {
			break
		}
		name, rest, ok := cutString(k[len(documents):])
		switch {
		case !ok:
			if !yield(unknownKey(k)) {
				return false
			}
			continue
		case !d.open || d.name != name:
			if !s.end(&d, yield) {
				return false
			}
			d = document{name: name, open: true}
		}
		d.add(k, rest, value)
	}
	return s.end(&d, yield)
}

// end yields a document that is read.
func (s *Source) end(d *document, yield func(imports.Document) bool) bool {
	if !d.open || len(d.updates) == 0 && d.err == nil {
		return true
	}
	s.known[d.name] = true
	return yield(imports.Document{Name: d.name, Updates: d.updates, Err: s.damage(d.name, d.err)})
}

// damage adds to err the damage that may be of a document.
func (s *Source) damage(name string, err error) error {
	for _, d := range s.db.Damage() {
		if d.From != nil && d.Touches(documentPrefix(name)) {
			err = errors.Join(err, fmt.Errorf("%w: %w", imports.ErrDamaged, d.Err))
		}
	}
	return err
}

// vectors yields the documents that have no updates.
func (s *Source) vectors(yield func(imports.Document) bool) bool {
	for k := range s.db.From(vectors) {
		if !bytes.HasPrefix(k, vectors) {
			break
		}
		name, rest, ok := cutString(k[len(vectors):])
		d := imports.Document{Name: name}
		switch {
		case !ok || len(rest) > 0:
			d = unknownKey(k)
		case s.known[name]:
			continue
		default:
			s.known[name] = true
			d.Err = s.damage(name, nil)
		}
		if !yield(d) {
			return false
		}
	}
	return true
}

// lost yields the damage.
func (s *Source) lost(yield func(imports.Document) bool) bool {
	for _, d := range s.db.Damage() {
		err := fmt.Errorf("%w: %w", imports.ErrDamaged, d.Err)
		if !yield(imports.Document{Lost: true, Err: err}) {
			return false
		}
	}
	return true
}

func unknownKey(k []byte) imports.Document {
	return imports.Document{Lost: true, Err: fmt.Errorf("%w: a key of an unknown form: %q", imports.ErrDamaged, k)}
}
