package sqlite

import (
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/persist/imports"
	"github.com/civicpress/civic-realtime/persist/imports/inuse"
)

// DB is a database that is read. It is used by one goroutine.
type DB struct {
	*pages
	name  string
	files imports.Watch
}

// Row is a row with two columns.
type Row struct {
	Key   string // the text in the first
	Value []byte // the bytes in the second; nil for NULL
	Err   error  // an imports.ErrDamaged; Key and Value are not known then
}

// The bytes of a database's file that are locked while a connection reads or writes, and those of
// the -shm file that are while a connection is open.
const (
	lockedFrom  = 1 << 30
	lockedBytes = 512
	sharedFrom  = 120
	sharedBytes = 16
)

// suffixes are those of the names of a database's files.
var suffixes = []string{"", "-journal", "-wal"}

// Is reports whether a file is a database.
func Is(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	b := make([]byte, len(magic))
	_, err = f.Read(b)
	return err == nil && string(b) == magic
}

// Open opens a database. Its error is an imports.ErrUnknown, ErrInUse or ErrDamaged, or one of the
// file system.
func Open(name string) (*DB, error) {
	db := &DB{name: name}
	if err := db.unused(); err != nil {
		return nil, err
	}
	for _, suffix := range suffixes {
		db.files.Add(name + suffix)
	}
	var err error
	db.pages, err = openPages(name)
	if err != nil {
		return nil, err
	}
	return db, nil
}

// unused fails with imports.ErrInUse if another process uses the database: in write-ahead mode one
// that has it open, else one that reads or writes at this moment.
func (db *DB) unused() error {
	held, err := inuse.Held(db.name, lockedFrom, lockedBytes)
	if err == nil && !held {
		held, err = inuse.Held(db.name+"-shm", sharedFrom, sharedBytes)
	}
	if err == nil && held {
		err = fmt.Errorf("%w (%s)", imports.ErrInUse, db.name)
	}
	return err
}

// Rows returns two columns of all rows of a table, in the order of the rows' numbers. A row whose
// first column is no text, or whose second is a number, is damaged. The receiver owns the values.
// Its error is an imports.ErrUnknown or ErrDamaged.
func (db *DB) Rows(table, key, val string) (iter.Seq[Row], error) {
	t, err := db.find(table)
	if err != nil {
		return nil, err
	}
	k := slices.Index(t.columns, strings.ToLower(key))
	v := slices.Index(t.columns, strings.ToLower(val))
	if k < 0 || v < 0 {
		return nil, fmt.Errorf("%w: the table %q has no columns %q and %q", imports.ErrUnknown, table, key, val)
	}
	return func(yield func(Row) bool) {
		for payload, err := range db.rows(t.page) {
			if !yield(db.row(payload, err, k, v)) {
				return
			}
		}
	}, nil
}

// row returns the columns k and v of a row.
func (db *DB) row(payload []byte, err error, k, v int) Row {
	if err != nil {
		return Row{Err: err}
	}
	values, ok := parseRecord(payload, max(k, v)+1)
	if !ok || max(k, v) >= len(values) || !values[k].text ||
		values[v].bytes == nil && !values[v].null {
		return Row{Err: fmt.Errorf("%w: a row has no such values", imports.ErrDamaged)}
	}
	return Row{Key: decodeText(values[k].bytes, db.encoding), Value: values[v].bytes}
}

// Close closes the files. It fails with imports.ErrInUse or ErrChanged if the database was used
// meanwhile.
func (db *DB) Close() error {
	db.close()
	if err := db.unused(); err != nil {
		return err
	}
	return db.files.Check()
}
