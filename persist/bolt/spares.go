package bolt

import (
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

const (
	// spareReaders is how many may read while a transaction is being written.
	spareReaders = 4
	// spareTime is how long spares stay: should a transaction wait for them after all, it
	// goes on then.
	spareTime = 10 * time.Second
	// spareRoom is how much a transaction may add to the database beyond what is known of
	// it, in bytes, without its map growing.
	spareRoom = 128 << 20
	mapStep   = 1 << 30 // by which bbolt maps what is larger
)

// spares are read transactions that were begun before a transaction is written. bbolt begins
// none while it writes which pages are the newest ones, and so who opens a room would wait
// for a disk that stands still just then.
type spares struct {
	free  chan *bbolt.Tx
	timer *time.Timer // ends them

	mu   sync.Mutex // a leaf: no transaction is ended while it is held, as that waits for who closes the database
	over bool
}

// lend begins spares for a transaction that adds about so many bytes. There are none where
// the map might have to grow for it, as bbolt waits for readers then. The writer calls it
// when nothing but writing is left to do.
func (s *Store) lend(tx *bbolt.Tx, adds int) {
	mapped := max(int64(mmapSize()), (tx.Size()+mapStep-1)/mapStep*mapStep)
	if mmapSize() == 0 || tx.Size()+3*int64(adds)+spareRoom > mapped {
		return
	}
	p := &spares{free: make(chan *bbolt.Tx, spareReaders)}
	for range spareReaders {
		if reader, err := s.db.Begin(false); err == nil {
			p.free <- reader
		}
	}
	p.timer = time.AfterFunc(spareTime, p.end)
	s.mu.Lock()
	s.spares = p
	s.mu.Unlock()
}

// reclaim ends the spares, once the transaction is written or has failed.
func (s *Store) reclaim() {
	s.mu.Lock()
	p := s.spares
	s.spares = nil
	s.mu.Unlock()
	if p != nil {
		p.timer.Stop()
		p.end()
	}
}

func (p *spares) end() {
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
func (p *spares) view(db *bbolt.DB, f func(*bbolt.Tx) error) error {
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

func (p *spares) giveBack(tx *bbolt.Tx) {
	if !p.keep(tx) {
		_ = tx.Rollback()
	}
}

// keep makes a transaction free for others, unless the spares have ended.
func (p *spares) keep(tx *bbolt.Tx) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.free <- tx
	}
	return !p.over
}
