package bolt

import (
	"os"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"time"
	"unsafe"

	"go.etcd.io/bbolt"
)

// blockMeta blocks bbolt when it writes its meta pages. It returns a function that unblocks it, and
// a channel that is closed when it is blocked.
func blockMeta(t *testing.T, s *Store) (goOn func(), waits chan struct{}) {
	t.Helper()
	field := reflect.ValueOf(s.db).Elem().FieldByName("ops").FieldByName("writeAt")
	writeAt := reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Interface().(*func([]byte, int64) (int, error))
	write, held := *writeAt, make(chan struct{})
	waits = make(chan struct{})
	var once sync.Once
	*writeAt = func(b []byte, at int64) (int, error) {
		if at < 2*int64(os.Getpagesize()) {
			once.Do(func() { close(waits) })
			<-held
		}
		return write(b, at)
	}
	return func() { close(held) }, waits
}

// TestLoadWhileMetaIsWritten shows that no call of Load waits while bbolt writes its meta pages,
// however many calls there are.
func TestLoadWhileMetaIsWritten(t *testing.T) {
	s := open(t, t.TempDir(), never)
	save(t, s, "r", "old", add(t, s, "r", "a"))
	add(t, s, "r", "b")
	goOn, waits := blockMeta(t, s)
	done := make(chan error, 1)
	go func() { done <- s.SaveSnapshot(t.Context(), "other", []byte("new"), 0) }()
	<-waits
	var loads sync.WaitGroup
	for range 5 * readyReaders {
		loads.Go(func() {
			if snapshot, journal, err := s.Load(t.Context(), "r"); err != nil ||
				string(snapshot) != "old" || len(journal) != 1 {
				t.Errorf("%q, %q, %v", snapshot, journal, err)
			}
		})
	}
	loads.Wait()
	if len(done) > 0 {
		t.Error("it was written meanwhile")
	}
	goOn()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if snapshot, _ := contents(t, s, "other"); snapshot != "new" {
		t.Errorf("%q", snapshot)
	}
	if s.readers != nil {
		t.Error("readers are left")
	}
}

// TestReadersEnd shows that a transaction that is in use when the readers end is ended when it is
// given back, and that later calls read without readers.
func TestReadersEnd(t *testing.T) {
	s := open(t, t.TempDir(), never)
	add(t, s, "r", "a")
	tx, err := s.db.Begin(true)
	if err != nil {
		t.Fatal(err)
	}
	s.prepareReaders(tx, 0)
	p := s.readers
	first := <-p.free
	for range readyReaders - 1 {
		p.giveBack(<-p.free)
	}
	s.releaseReaders()
	p.end()
	p.giveBack(first)
	if first.Rollback() == nil {
		t.Error("the last one was not ended")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if snapshot, rows := contents(t, s, "r"); snapshot != "" || len(rows) != 1 {
		t.Errorf("%q, %q", snapshot, rows)
	}
}

// TestCloseWhileReadersAreUsed shows that closing the database waits for its readers, and that the
// readers do not wait for each other.
func TestCloseWhileReadersAreUsed(t *testing.T) {
	s := open(t, t.TempDir(), never)
	tx, err := s.db.Begin(true)
	if err != nil {
		t.Fatal(err)
	}
	s.prepareReaders(tx, 0)
	p := s.readers
	readers := []*bbolt.Tx{<-p.free, <-p.free}
	s.releaseReaders()
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	for meta := metaLock(s); meta.TryLock(); { // until the database is being closed
		meta.Unlock()
		runtime.Gosched()
	}
	for _, reader := range readers {
		go p.giveBack(reader)
	}
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		panic("the store is not closed") // and shows what waits
	}
}

// metaLock returns the mutex that bbolt locks to begin and end transactions, and while it closes a
// database.
func metaLock(s *Store) *sync.Mutex {
	field := reflect.ValueOf(s.db).Elem().FieldByName("metalock")
	return (*sync.Mutex)(unsafe.Pointer(field.UnsafeAddr()))
}

// TestNoReadersWhereMapMayGrow shows that no readers are begun where the map might have to grow.
func TestNoReadersWhereMapMayGrow(t *testing.T) {
	s := open(t, t.TempDir(), never)
	tx, err := s.db.Begin(true)
	if err != nil {
		t.Fatal(err)
	}
	if s.prepareReaders(tx, mapStep/3); s.readers != nil {
		t.Error("there are some")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
}
