package bolt

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// sampleRooms is the number of rooms in a sample store.
const sampleRooms = 12

// sampleStore makes a store with snapshots, versions and rows in the database and rows in the
// log, as a process that is killed leaves it, and returns the contents of each room.
func sampleStore(t *testing.T) (dir string, want map[string]string) {
	t.Helper()
	from := t.TempDir()
	s := open(t, from, Config{SyncInterval: never.SyncInterval, Retention: everything})
	random := rand.New(rand.NewPCG(1, 2))
	blob := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return string(b)
	}
	for round := range 6 {
		for i := range sampleRooms {
			room := fmt.Sprintf("records/%02d", i)
			last := add(t, s, room, blob(20+random.IntN(100)), blob(random.IntN(300)))
			if i%3 == 0 && round%2 == 0 {
				save(t, s, room, blob(500*(i+1)+i%2*80_000), last)
			}
		}
	}
	for i := range sampleRooms {
		room, next := fmt.Sprintf("records/%02d", i), fmt.Sprintf("records/%02d", (i+1)%sampleRooms)
		appendRows(t, s, []persist.Row{{Room: room, Data: []byte(blob(50))},
			{Room: next, Data: []byte(blob(70))}})
	}
	want = map[string]string{}
	for i := range sampleRooms {
		room := fmt.Sprintf("records/%02d", i)
		want[room] = whole(t, s, room)
	}
	dir = crash(t, from)
	write(t, filepath.Join(dir, markerName), read(t, filepath.Join(from, markerName)))
	return dir, want
}

func whole(t *testing.T, s *Store, room string) string {
	snapshot, rows := contents(t, s, room)
	return strings.Join(append([]string{snapshot}, rows...), "|")
}

// TestOneWrongBit flips one bit in each of a thousand places of the log and the database, and opens
// the store. It shows that each room has all its data, or fails and is reported as damaged, that
// nothing crashes, and that the store takes new rows. Only a few bits, those that identify the
// file, keep the store from opening.
func TestOneWrongBit(t *testing.T) {
	from, want := sampleStore(t)
	scratch := memoryDir(t)
	var shut, damaged, reported int
	files := filesIn(t, from)
	for _, name := range []string{wal.FileName, dbName} {
		b := read(t, filepath.Join(from, name))
		places := inUse(t, name, b)
		for n := range 500 {
			at := places[n*len(places)/500]
			f := flipped{t: t, files: files, dir: filepath.Join(scratch, fmt.Sprint(name, n)),
				name: name, want: want,
				what:   fmt.Sprintf("%s byte %d bit %d", name, at, n%8),
				change: func(b []byte) { b[at] ^= 1 << (n % 8) }}
			f.run()
			shut, damaged, reported = shut+f.shut, damaged+f.damaged, reported+f.reported
		}
	}
	t.Logf("of 1000: %d stores did not open, %d rooms did not, %d reports of damage", shut, damaged,
		reported)
	if damaged == 0 || reported == 0 || shut > 20 {
		t.Error("the damage did not arrive, or too much of it")
	}
}

// TestOneWrongPage overwrites each page in use of the database with zeros, with another page, and
// with noise. It shows that every loss is reported, also by a store that does not open any more.
func TestOneWrongPage(t *testing.T) {
	from, want := sampleStore(t)
	scratch, files := memoryDir(t), filesIn(t, from)
	db := files[dbName]
	var pages []int
	for _, at := range inUse(t, dbName, read(t, filepath.Join(from, dbName))) {
		if at%4096 == 0 {
			pages = append(pages, at)
		}
	}
	changes := map[string]func(n int, page []byte){
		"zeros":        func(_ int, page []byte) { clear(page) },
		"another page": func(n int, page []byte) { copy(page, db.used[pages[(n+1)%len(pages)]:][:4096]) },
		"noise":        func(n int, page []byte) { copy(page[100:], bytes.Repeat([]byte{byte(n), 0x5A, 1}, 900)) },
	}
	var shut, damaged int
	for name, change := range changes {
		for n, at := range pages {
			f := flipped{t: t, files: files, dir: filepath.Join(scratch, fmt.Sprint(name, n)),
				name: dbName, want: want,
				what:   fmt.Sprintf("page %d: %s", at/4096, name),
				change: func(b []byte) { change(n, b[at:at+4096]) }}
			f.run()
			shut, damaged = shut+f.shut, damaged+f.damaged
		}
	}
	t.Logf("of %d: %d stores did not open, %d rooms did not", 3*len(pages), shut, damaged)
	if shut > len(pages)/2 || damaged == 0 {
		t.Error("the damage did not arrive, or too much of it")
	}
}

func filesIn(t *testing.T, dir string) map[string]sparse {
	files := map[string]sparse{}
	for _, name := range []string{wal.FileName, dbName, markerName} {
		files[name] = sparseOf(read(t, filepath.Join(dir, name)))
	}
	return files
}

// inUse returns the offsets that are in use: of the log those that are not in sectors of zeros, of
// the database those in pages in use.
func inUse(t *testing.T, name string, b []byte) (places []int) {
	use := func(at int) bool {
		return slices.ContainsFunc(b[at:min(at+512, len(b))], func(c byte) bool { return c != 0 })
	}
	if name == dbName {
		used, size := usedPages(t, b)
		zero := use
		use = func(at int) bool { return used[at/size] && zero(at) }
	}
	for at := 0; at < len(b); at += 512 {
		if use(at) {
			for i := at; i < min(at+512, len(b)); i++ {
				places = append(places, i)
			}
		}
	}
	return places
}

// usedPages returns the pages of a database that are not free, and the size of a page in bytes.
func usedPages(t *testing.T, b []byte) (used map[int]bool, size int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), dbName)
	write(t, path, b)
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	used, size = map[int]bool{}, db.Info().PageSize
	if err := db.View(func(tx *bbolt.Tx) error {
		for id := 0; int64(id) < tx.Size()/int64(size); {
			p, err := tx.Page(id)
			if err != nil || p == nil {
				return err
			}
			if p.Type == "free" { // its head is of the time before it was freed
				id++
				continue
			}
			for end := id + 1 + p.OverflowCount; id < end; id++ {
				used[id] = true
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return used, size
}

// memoryDir returns a directory in memory, where syncing costs nothing, or else any temporary one.
func memoryDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "rooms")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// sparse is a file without the zeros at its end.
type sparse struct {
	used []byte
	size int64
}

func sparseOf(b []byte) sparse {
	used := len(bytes.TrimRight(b, "\x00"))
	return sparse{b[:min(len(b), (used+block-1)&^(block-1))], int64(len(b))}
}

func (f sparse) write(t *testing.T, path string) {
	t.Helper()
	write(t, path, f.used)
	if err := os.Truncate(path, f.size); err != nil {
		t.Fatal(err)
	}
}

// flipped is a store with one wrong bit or page.
type flipped struct {
	t      *testing.T
	files  map[string]sparse
	dir    string
	name   string
	what   string // the change, for messages
	change func(b []byte)
	want   map[string]string

	shut, damaged, reported int
}

func (f *flipped) run() {
	dir := f.dir
	if err := os.Mkdir(dir, 0o700); err != nil {
		f.t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for name, file := range f.files {
		if name == f.name {
			file.used = slices.Clone(file.used)
			f.change(file.used)
		}
		file.write(f.t, filepath.Join(dir, name))
	}
	s, err := Open(dir, never)
	if err != nil {
		f.shut++
		if !strings.Contains(err.Error(), persist.ErrCorrupt.Error()) {
			f.t.Errorf("%s: Open: %v", f.what, err)
		}
		return
	}
	f.check(s)
	if err := s.Close(); err != nil {
		f.t.Errorf("%s: Close: %v", f.what, err)
	}
	f.reopen(dir)
}

func (f *flipped) check(s *Store) {
	if len(s.Damage()) > 0 {
		f.reported++
	}
	for room, want := range f.want {
		snapshot, rows, err := s.Load(f.t.Context(), room)
		if err != nil {
			f.damaged++
			continue
		}
		got := []string{string(snapshot)}
		for _, row := range rows {
			got = append(got, string(row))
		}
		if strings.Join(got, "|") != want && !mentions(s.Damage(), room) {
			f.t.Errorf("%s: room %s has other contents, which is not reported: %v", f.what, room,
				s.Damage())
		}
	}
	if err := s.Append(f.t.Context(), []persist.Row{{Room: "new", Data: []byte("row")}}); err != nil {
		f.t.Errorf("%s: Append: %v", f.what, err)
	}
}

// mentions reports whether a report names the room, or has rows of unknown rooms.
func mentions(report []persist.Damage, room string) bool {
	return slices.ContainsFunc(report, func(d persist.Damage) bool {
		return d.Room == room || d.Room == "" && !d.Harmless || strings.Contains(d.Reason, room)
	})
}

// reopen opens the store a second time, and checks that the same rooms are damaged, and no others.
func (f *flipped) reopen(dir string) {
	s, err := Open(dir, never)
	if err != nil {
		f.t.Errorf("%s: Open again: %v", f.what, err)
		return
	}
	damaged := 0
	for room := range f.want {
		if _, _, err := s.Load(f.t.Context(), room); err != nil {
			damaged++
		}
	}
	if _, rows := contents(f.t, s, "new"); damaged != f.damaged || len(rows) != 1 {
		f.t.Errorf("%s: %d rooms do not open any more, before %d", f.what, damaged, f.damaged)
	}
	if err := s.Close(); err != nil {
		f.t.Error(err)
	}
}
