package leveldb

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/civicpress/civic-realtime/persist/imports"
	"github.com/civicpress/civic-realtime/persist/imports/inuse"
)

// DB is a database that is read. It is used by one goroutine.
type DB struct {
	dir    string
	list   manifest
	writes []entry // in the logs, in order
	damage []Damage
}

// The names of a database's files.
const (
	currentName = "CURRENT"
	lockName    = "LOCK"
)

// Is reports whether a folder has a database.
func Is(dir string) bool {
	b, err := os.ReadFile(filepath.Join(dir, currentName))
	return err == nil && bytes.HasPrefix(b, []byte("MANIFEST-"))
}

// Open reads the manifest and the logs of a database. Its error is an imports.ErrUnknown,
// ErrInUse or ErrDamaged, or one of the file system.
func Open(dir string) (*DB, error) {
	if !Is(dir) {
		return nil, fmt.Errorf("%w: %s has no LevelDB database", imports.ErrUnknown, dir)
	}
	db := &DB{dir: dir}
	if err := db.unused(); err != nil {
		return nil, err
	}
	if err := db.readManifest(); err != nil {
		return nil, fmt.Errorf("%w: the list of files of %s: %w", imports.ErrDamaged, dir, err)
	}
	return db, db.readLogs()
}

// unused fails with imports.ErrInUse if another process has the database open.
func (db *DB) unused() error {
	held, err := inuse.Held(filepath.Join(db.dir, lockName), 0, 0)
	if err == nil && held {
		err = fmt.Errorf("%w (%s)", imports.ErrInUse, db.dir)
	}
	return err
}

func (db *DB) readManifest() error {
	b, err := os.ReadFile(filepath.Join(db.dir, currentName))
	if err != nil {
		return err
	}
	name, ended := strings.CutSuffix(string(b), "\n")
	if !ended || name != filepath.Base(name) {
		return fmt.Errorf("%s is damaged", currentName)
	}
	if b, err = os.ReadFile(filepath.Join(db.dir, name)); err != nil {
		return err
	}
	db.list, err = readManifest(b)
	return err
}

// readLogs reads the logs that are not in tables yet.
func (db *DB) readLogs() error {
	numbers, err := db.logs()
	if err != nil {
		return err
	}
	writes := make(memory)
	for _, n := range numbers {
		name := fmt.Sprintf("%06d.log", n)
		b, err := os.ReadFile(filepath.Join(db.dir, name))
		if err == nil {
			err = writes.addLog(b)
		}
		if err != nil {
			db.note(Damage{Err: fmt.Errorf("%s: %w", name, err)})
		}
	}
	db.writes = writes.sorted()
	return nil
}

// logs returns the numbers of the logs that are not in tables yet, in order.
func (db *DB) logs() (numbers []uint64, err error) {
	files, err := os.ReadDir(db.dir)
	for _, f := range files {
		text, ok := strings.CutSuffix(f.Name(), ".log")
		n, err := strconv.ParseUint(text, 10, 64)
		if ok && err == nil && (n >= db.list.log || n == db.list.prevLog) {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, err
}

// From returns the keys from one on, in order, and their values. What is damaged is in Damage
// before a later key is returned, and left out. The receiver owns keys and values.
func (db *DB) From(from []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		var passed []byte // the key that was yielded, or left out, last
		lists := db.lists(from)
		defer closeAll(lists)
		for e := range merged(lists) {
			if passed != nil && bytes.Equal(e.key, passed) {
				continue
			}
			passed = e.key
			if !e.deleted() && !yield(e.key, e.value) {
				return
			}
		}
	}
}

// lists returns the tables and the writes in logs that have keys from one on.
func (db *DB) lists(from []byte) (lists queue) {
	for _, t := range db.list.list() {
		if bytes.Compare(t.largest, from) >= 0 {
			lists = append(lists, newTable(db.tableName(t.number), t, from, db.note))
		}
	}
	at := sort.Search(len(db.writes), func(i int) bool {
		return bytes.Compare(db.writes[i].key, from) >= 0
	})
	if at < len(db.writes) {
		lists = append(lists, &written{db.writes[at:]})
	}
	return lists
}

func closeAll(lists queue) {
	for _, l := range lists {
		if t, ok := l.(*table); ok {
			t.close()
		}
	}
}

// tableName returns the name of a table's file. Early versions of LevelDB called it .sst.
func (db *DB) tableName(number uint64) string {
	name := filepath.Join(db.dir, fmt.Sprintf("%06d", number))
	if _, err := os.Stat(name + ".ldb"); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(name + ".sst"); err == nil {
			return name + ".sst"
		}
	}
	return name + ".ldb"
}

// note adds a damage, unless an earlier call of From has found it.
func (db *DB) note(d Damage) {
	if !slices.ContainsFunc(db.damage, func(known Damage) bool {
		return bytes.Equal(known.From, d.From) && bytes.Equal(known.Through, d.Through) &&
			known.Err.Error() == d.Err.Error()
	}) {
		db.damage = append(db.damage, d)
	}
}

// Damage returns the damage that was found so far.
func (db *DB) Damage() []Damage { return db.damage }

// Close fails with imports.ErrInUse if another process has opened the database meanwhile.
func (db *DB) Close() error { return db.unused() }
