package bolt

import (
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

const (
	// readyReaders is how many may read while a transaction is being written.
	readyReaders = 4
	// readyFor is how long spares stay: should a transaction wait for them after all, it
	// goes on then.
	readyFor = 10 * time.Second
	// growthMargin is how much a transaction may add to the database beyond what is known of
	// it, in bytes, without its map growing.
	growthMargin = 128 << 20
	mapStep      = 1 << 30 // by which bbolt maps what is larger
)

// spares are read transactions that were begun before a transaction is written. bbolt begins
// none while it writes which pages are the newest ones, and so who opens a room would wait
// for a disk that stands still just then.
type readers struct {
	free  chan *bbolt.Tx
	timer *time.Timer // ends them

	mu   sync.Mutex // a leaf; no transaction is ended while it is held: that waits for bbolt's Close, which waits for all readers
	over bool
}

// prepareReaders begins spares for a transaction that adds about so many bytes. There are none where
// the map might have to grow for it, as bbolt waits for readers then. The writer calls it
// when nothing but writing is left to do.
func (s *Store) prepareReaders(tx *bbolt.Tx, adds int) {
	mapped := max(int64(mmapSize()), (tx.Size()+mapStep-1)/mapStep*mapStep)
	if mmapSize() == 0 || tx.Size()+3*int64(adds)+growthMargin > mapped {
		return
	}
	p := &readers{free: make(chan *bbolt.Tx, readyReaders)}
	for range readyReaders {
		if reader, err := s.db.Begin(false); err == nil {
			p.free <- reader
		}
	}
	p.timer = time.AfterFunc(readyFor, p.end)
	s.mu.Lock()
	s.readers = p
	s.mu.Unlock()
}

// releaseReaders ends the spares, once the transaction is written or has failed.
func (s *Store) releaseReaders() {
	s.mu.Lock()
	p := s.readers
	s.readers = nil
	s.mu.Unlock()
	if p != nil {
		p.timer.Stop()
		p.end()
	}
}

func (p *readers) end() {
	p.mu.Lock()
	if !p.over {
		p.over = true
		close(p.free)
	}
	p.mu.Unlock()
	for tx := range p.free {
		_ = tx.Rollback() // fails when it has ended only
	}
}

// view has f read, in a spare if there are any.
func (p *readers) view(db *bbolt.DB, f func(*bbolt.Tx) error) error {
	if p == nil {
		return db.View(f)
	}
	tx, ok := <-p.free
	if !ok {
		return db.View(f)
	}
	defer p.giveBack(tx)
	return f(tx)
}

func (p *readers) giveBack(tx *bbolt.Tx) {
	if !p.keep(tx) {
		_ = tx.Rollback()
	}
}

// keep makes a transaction free for others, unless the spares have ended.
func (p *readers) keep(tx *bbolt.Tx) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.free <- tx
	}
	return !p.over
}
