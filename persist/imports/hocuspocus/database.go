package hocuspocus

import (
	"errors"
	"iter"

	"github.com/civicpress/civic-realtime/persist/imports"
	"github.com/civicpress/civic-realtime/persist/imports/sqlite"
)

// database is a database of the SQLite extension.
type database struct {
	db   *sqlite.DB
	rows iter.Seq[sqlite.Row]
}

func openDatabase(name string) (imports.Source, error) {
	db, err := sqlite.Open(name)
	if err != nil {
		return nil, err
	}
	rows, err := db.Rows("documents", "name", "data")
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &database{db, rows}, nil
}

// Documents implements imports.Source.
func (d *database) Documents() iter.Seq[imports.Document] {
	return func(yield func(imports.Document) bool) {
		for row := range d.rows {
			doc := imports.Document{Name: row.Key}
			switch {
			case row.Err != nil:
				doc = imports.Document{Lost: true, Err: row.Err}
			case row.Value != nil: // else nothing was stored of it yet
				doc.Updates = [][]byte{row.Value}
			}
			if !yield(doc) {
				return
			}
		}
	}
}

// Close implements imports.Source.
func (d *database) Close() error { return d.db.Close() }
