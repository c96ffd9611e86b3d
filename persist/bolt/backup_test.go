package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
)

// backUp makes a backup of an open store, and returns its path.
func backUp(t testing.TB, s *Store) (path string, b Backed) {
	t.Helper()
	var file bytes.Buffer
	b, err := s.Backup(t.Context(), &file)
	if err != nil {
		t.Fatalf("Backup: %v", err)
	}
	path = filepath.Join(t.TempDir(), "backup")
	writeFile(t, path, file.Bytes())
	return path, b
}

func writeFile(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// restore makes a store of a backup in a new directory.
func restore(t testing.TB, path string) (dir string, r Restored) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	r, err := Restore(path, dir, Restoration{})
	if err != nil {
		t.Fatalf("Restore: %v", err)
	}
	return dir, r
}

// mustBeSound checks that nothing in the store in dir is damaged.
func mustBeSound(t *testing.T, dir string) Totals {
	t.Helper()
	totals, findings := checked(t, dir)
	for _, f := range findings {
		t.Errorf("check: %+v", f)
	}
	return totals
}

// TestBackup shows that a restored store has snapshots, rows of the database and of the log,
// versions, times, expiries, and rooms that were quarantined, and goes on with their numbers.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, never)
	long := strings.Repeat("a long row ", 10_000)
	save(t, s, "r", bigSnapshot, add(t, s, "r", "covered"))
	add(t, s, "r", "in the database", long)
	if err := keepVersion(t.Context(), s, "r", "before restore", []byte(bigSnapshot)); err != nil {
		t.Fatal(err)
	}
	add(t, s, "lost", "quarantined")
	if err := s.Quarantine(t.Context(), "lost"); err != nil {
		t.Fatal(err)
	}
	add(t, s, "visited", "a row")
	expiry := time.Now().Add(time.Hour).Truncate(time.Millisecond)
	for _, room := range []string{"r", "visited"} {
		if err := s.Expire(t.Context(), room, expiry); err != nil {
			t.Fatal(err)
		}
	}
	add(t, s, "visited", "again")
	last := add(t, s, "log alone", "one", long)

	path, made := backUp(t, s)
	if made.Rooms != 3 || len(made.Moments) != 1 || len(made.Damage) > 0 {
		t.Errorf("%+v", made)
	}
	restored, r := restore(t, path)
	if r.Rooms != 3 || r.Replaced != "" || len(r.Damage) > 0 || r.Bytes != made.Bytes {
		t.Errorf("%+v", r)
	}
	if totals := mustBeSound(t, restored); totals.Rows != 6 || totals.Versions != 1 || totals.Quarantined != 1 {
		t.Errorf("%+v", totals)
	}
	again := open(t, restored, never)
	for room, want := range map[string][]string{"r": {"in the database", long}, "visited": {"a row", "again"}, "log alone": {"one", long}} {
		snapshot, rows := contents(t, again, room)
		if !slices.Equal(rows, want) || (snapshot == bigSnapshot) != (room == "r") {
			t.Errorf("%s: %d bytes of snapshot, rows %.100q", room, len(snapshot), rows)
		}
	}
	before, after := mustRooms(t, s), mustRooms(t, again)
	for i := range after {
		if late := after[i].Expires.Sub(before[i].Expires); late < 0 || late > time.Minute {
			t.Errorf("%s expires %v later", after[i].Key, late)
		}
		after[i].Expires = before[i].Expires
	}
	if !slices.Equal(before, after) {
		t.Errorf("%+v, want %+v", after, before)
	}
	if blob, err := again.Version(t.Context(), "r", 1); err != nil || string(blob) != bigSnapshot {
		t.Errorf("version: %d bytes, %v", len(blob), err)
	}
	if q, err := again.Quarantined(t.Context(), 1); err != nil || q.Room != "lost" || q.Count != 1 {
		t.Errorf("%+v, %v", q, err)
	}
	if next := add(t, again, "r", "next"); next <= last {
		t.Errorf("row %d after %d", next, last)
	}
}

func mustRooms(t *testing.T, s *Store) []persist.Room {
	t.Helper()
	rooms, err := s.Rooms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rooms
}

// TestBackupHasOtherBuckets shows that a backup has buckets that this file does not know of, with
// buckets in them: whatever a store keeps besides rooms.
func TestBackupHasOtherBuckets(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, never)
	if err := s.db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte("settings"))
		if err != nil {
			return err
		}
		inner, err := b.CreateBucket([]byte("inner"))
		return errors.Join(err, b.Put([]byte("k"), []byte("v")), inner.Put([]byte("i"), []byte("w")), b.SetSequence(7))
	}); err != nil {
		t.Fatal(err)
	}
	path, _ := backUp(t, s)
	restored, _ := restore(t, path)
	again := open(t, restored, never)
	if err := again.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("settings"))
		if b == nil || string(b.Get([]byte("k"))) != "v" || b.Sequence() != 7 || string(b.Bucket([]byte("inner")).Get([]byte("i"))) != "w" {
			t.Error("the bucket is not what it was")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestBackupsOfBusyStore makes backups at random moments while rows are appended, snapshots saved,
// and rooms filled and dropped, and shows that each has everything that was acknowledged before it
// was begun, no gap, and no half of anything.
func TestBackupsOfBusyStore(t *testing.T) {
	for name, cfg := range map[string]Config{
		"rows are in the log": {Async: true, SyncInterval: time.Hour, Retention: everything},
		"flushed nonstop":     {Async: true, SyncInterval: time.Nanosecond, Retention: everything},
	} {
		t.Run(name, func(t *testing.T) { backupsOfBusyStore(t, cfg) })
	}
}

func backupsOfBusyStore(t *testing.T, cfg Config) {
	s := open(t, t.TempDir(), cfg)
	var acked [killRooms]atomic.Uint64
	ctx, cancel := context.WithCancel(context.Background())
	var writers sync.WaitGroup
	steps := make(chan struct{}, 1)
	writers.Go(func() {
		random := rand.New(rand.NewPCG(1, 2))
		for n := uint64(0); ctx.Err() == nil; {
			count := 1 + random.IntN(5)
			var err error
			if n, err = backupStep(s, n, count, random.IntN(3) == 0, &acked); err != nil {
				t.Errorf("row %d: %v", n, err)
				cancel()
			}
			select {
			case steps <- struct{}{}:
			default:
			}
		}
	})
	for range 12 {
		for range rand.IntN(20) {
			<-steps
		}
		var least [killRooms]uint64
		for i := range least {
			least[i] = acked[i].Load()
		}
		path, made := backUp(t, s)
		if len(made.Damage) > 0 {
			t.Errorf("damage: %v", made.Damage)
		}
		restored, _ := restore(t, path)
		mustBeSound(t, restored)
		check(t, restored, false, &least, 0)
	}
	cancel()
	writers.Wait()
}

// backupStep appends rows, and says that they were acknowledged.
func backupStep(s *Store, n uint64, count int, snapshot bool, acked *[killRooms]atomic.Uint64) (uint64, error) {
	var rows []persist.Row
	for range count {
		n++
		rows = append(rows, persist.Row{Room: killRoom(n), Data: numberedBlob(n)})
	}
	if err := s.Append(context.Background(), rows); err != nil {
		return n, err
	}
	for i := range rows {
		at := n - uint64(count-1-i)
		acked[at%killRooms].Store(at)
	}
	if !snapshot {
		return n, nil
	}
	last := rows[count-1].Seq
	err := s.SaveSnapshot(context.Background(), killRoom(n), numberedBlob(n), last)
	return n, errors.Join(err, dropOne(s, n))
}

// stalled is a writer that takes nothing until it is told to.
type stalled struct {
	bytes.Buffer
	begun chan struct{} // closed at the first Write
	once  sync.Once
	free  chan struct{} // closed when it takes everything
}

func newStalled() *stalled {
	return &stalled{begun: make(chan struct{}), free: make(chan struct{})}
}

func (w *stalled) Write(b []byte) (int, error) {
	w.once.Do(func() { close(w.begun) })
	<-w.free
	return w.Buffer.Write(b)
}

// TestBackupToSlowReceiver shows that while nobody takes a backup, rows and snapshots are stored
// and the file grows no further than by what the backup may pin; and that the backup, of several
// moments then, is whole.
// several moments then, is whole.
func TestBackupToSlowReceiver(t *testing.T) {
	s := open(t, t.TempDir(), never)
	noise := make([]byte, 1<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	for i := range 8 {
		save(t, s, fmt.Sprint("quiet", i), string(noise), 0)
	}
	w := newStalled()
	var made Backed
	var err error
	var wg sync.WaitGroup
	wg.Go(func() { made, err = s.Backup(t.Context(), &afterHeader{Writer: w}) })
	<-w.begun
	before := used(t, s)
	for i := range 300 {
		save(t, s, "busy", string(noise), add(t, s, "busy", fmt.Sprint("row ", i)))
	}
	if grown := used(t, s) - before; grown < maxPinned/2 || grown > maxPinned+16<<20 {
		t.Errorf("the database grew by %d bytes while %d were saved", grown, 300<<20)
	}
	close(w.free)
	wg.Wait()
	if err != nil || len(made.Moments) != 2 || made.Rooms != 9 {
		t.Fatalf("%+v, %v", made, err)
	}
	path := filepath.Join(t.TempDir(), "backup")
	writeFile(t, path, w.Bytes())
	restored, r := restore(t, path)
	mustBeSound(t, restored)
	if len(r.Moments) != 2 {
		t.Errorf("%d moments", len(r.Moments))
	}
	again := open(t, restored, never)
	for i := range 8 {
		if snapshot, _ := contents(t, again, fmt.Sprint("quiet", i)); snapshot != string(noise) {
			t.Errorf("quiet%d has %d bytes", i, len(snapshot))
		}
	}
}

// afterHeader passes the header on at once, which Backup writes before it reads anything.
type afterHeader struct {
	io.Writer
	headers int
}

func (w *afterHeader) Write(b []byte) (int, error) {
	if w.headers++; w.headers == 1 {
		return w.Writer.(*stalled).Buffer.Write(b)
	}
	return w.Writer.Write(b)
}

// TestCloseDuringBackup shows that a backup that nobody takes does not keep a store from closing,
// and then fails.
func TestCloseDuringBackup(t *testing.T) {
	s := open(t, t.TempDir(), never)
	noise := make([]byte, 4<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	save(t, s, "r", string(noise), 0)
	add(t, s, "s", "a row")
	w := newStalled()
	result := make(chan error)
	go func() {
		_, err := s.Backup(context.Background(), &afterHeader{Writer: w})
		result <- err
	}()
	<-w.begun
	if _, err := s.Backup(t.Context(), io.Discard); !errors.Is(err, ErrBackupRunning) {
		t.Errorf("a second backup: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	close(w.free)
	if err := <-result; !errors.Is(err, persist.ErrClosed) {
		t.Errorf("the backup: %v", err)
	}
	path := filepath.Join(t.TempDir(), "backup")
	writeFile(t, path, w.Bytes())
	if _, err := CheckBackup(path); err == nil {
		t.Error("what was written is taken for a backup")
	}
}

// TestBackupIsCanceled shows that a backup whose context ends fails, and that the next one works.
func TestBackupIsCanceled(t *testing.T) {
	s := open(t, t.TempDir(), never)
	add(t, s, "r", "a row")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Backup(ctx, io.Discard); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	backUp(t, s)
}

// TestBackupCannotBeWritten shows that the error of the receiver is returned, wherever it comes.
func TestBackupCannotBeWritten(t *testing.T) {
	s := open(t, t.TempDir(), never)
	noise := make([]byte, 1<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	save(t, s, "r", string(noise), 0)
	keep := s.Retention()
	keep.Now = func() time.Time { return time.Unix(1e9, 0) } // all backups are of one length
	s.retained.Store(&keep)
	var whole bytes.Buffer
	if _, err := s.Backup(t.Context(), &whole); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left")
	for _, room := range []int{0, 10, 100, 1000, whole.Len() / 2, whole.Len() - 100, whole.Len() - 1} {
		if _, err := s.Backup(t.Context(), &limited{room, full}); !errors.Is(err, full) {
			t.Errorf("with room for %d bytes: %v", room, err)
		}
	}
}

type limited struct {
	room int
	err  error
}

func (w *limited) Write(b []byte) (int, error) {
	if w.room -= len(b); w.room < 0 {
		return 0, w.err
	}
	return len(b), nil
}

// TestBackupOfDamagedStore shows that a backup reports the damage that it finds, has everything
// else, and that the rooms that fail in the store, and no others, fail in the restored one.
func TestBackupOfDamagedStore(t *testing.T) {
	for _, tt := range []struct{ name, find string }{
		{"a row", "second row"},
		{"a snapshot", "the snapshot"},
		{"a snapshot's second part", bigSnapshot[chunkSize+100 : chunkSize+1000]},
	} {
		for _, reopened := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, reopened: %v", tt.name, reopened), func(t *testing.T) {
				dir := t.TempDir()
				s := open(t, dir, never)
				save(t, s, "damaged", bigSnapshot, add(t, s, "damaged", "first row"))
				add(t, s, "damaged", "second row")
				add(t, s, "good", "a row")
				if err := s.Expire(t.Context(), "nobody", time.Unix(1, 0)); err != nil { // flushes
					t.Fatal(err)
				}
				if reopened {
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
				}
				flip(t, filepath.Join(dir, dbName), []byte(tt.find))
				if reopened {
					s = open(t, dir, never)
				}
				path, made := backUp(t, s)
				if len(made.Damage) != 1 || made.Damage[0].Room != "damaged" {
					t.Errorf("reported: %v", made.Damage)
				}
				restored, r := restore(t, path)
				if len(r.Damage) != 1 || r.Damage[0].Room != "damaged" {
					t.Errorf("the file reports %v", r.Damage)
				}
				again := open(t, restored, never)
				if _, _, err := again.Load(t.Context(), "damaged"); !errors.Is(err, persist.ErrCorrupt) {
					t.Errorf("Load: %v", err)
				}
				if _, rows := contents(t, again, "good"); !slices.Equal(rows, []string{"a row"}) {
					t.Errorf("%q", rows)
				}
			})
		}
	}
}
