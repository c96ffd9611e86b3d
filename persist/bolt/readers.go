package bolt

import (
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

const (
	// readyReaders is how many calls may read while a transaction is being written.
	readyReaders = 4
	// readyFor is how long readers stay ready. If a transaction waits for them after all, it waits
	// no longer than that.
	readyFor = 10 * time.Second
	// growthMargin is how much a transaction may add to the database beyond its estimated growth,
	// in bytes, without the memory map growing.
	growthMargin = 128 << 20
	// mapStep is the step by which bbolt's memory map grows beyond 1 GiB.
	mapStep = 1 << 30
)

// mayRemap reports whether bbolt might have to enlarge its memory map, for which it waits for all
// readers, to write a transaction that adds about growth bytes.
func mayRemap(tx *bbolt.Tx, growth int) bool {
	mapped := max(int64(mmapSize()), (tx.Size()+mapStep-1)/mapStep*mapStep)
	return mmapSize() == 0 || tx.Size()+3*int64(growth)+growthMargin > mapped
}

// pin is a read transaction that lasts, which the writer may end.
type pin struct {
	// mu comes after Store.writer and before Store.mu. It is held while a room or a version is read
	// in tx, and never while anything is written.
	mu   sync.Mutex
	tx   *bbolt.Tx    // nil: there is none
	size atomic.Int64 // of the database when tx was begun; 0: there is none
}

// hold sets the transaction. mu is held.
func (p *pin) hold(tx *bbolt.Tx) {
	p.tx = tx
	p.size.Store(tx.Size())
}

// end ends the transaction, if there is one.
func (p *pin) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size.Store(0)
	if p.tx != nil {
		_ = p.tx.Rollback() // fails only if it has ended
		p.tx = nil
	}
}

// maxPinned is how much the database may grow, in bytes, because the pages that a pin reads cannot
// be used again.
const maxPinned = 64 << 20

// giveWay ends the transaction if tx, which adds about growth bytes, would wait for it, or if the
// database has grown too much because of it. The writer calls it before it writes tx. It waits for
// one room to be read.
func (p *pin) giveWay(tx *bbolt.Tx, growth int) {
	size := p.size.Load()
	if size != 0 && (mayRemap(tx, growth) || tx.Size()-size > maxPinned) {
		p.end()
	}
}

// readers are read transactions that were begun before a transaction is written, and are kept
// ready. bbolt begins none while it writes its meta pages, so that without them Load would wait if
// the disk is frozen then.
type readers struct {
	free  chan *bbolt.Tx
	timer *time.Timer // calls end

	// mu is a leaf. No transaction is ended while it is held: that waits for bbolt's Close, which
	// waits for all readers.
	mu   sync.Mutex
	over bool
}

// end ends the transactions, those in use when they are given back.
func (p *readers) end() {
	p.mu.Lock()
	if !p.over {
		p.over = true
		close(p.free)
	}
	p.mu.Unlock()
	for tx := range p.free {
		_ = tx.Rollback() // fails only if it has ended
	}
}

// view calls f with a transaction that is ready if there is one, else with a new one. p may be nil.
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

// keep makes a transaction free for other calls, unless the readers have ended.
func (p *readers) keep(tx *bbolt.Tx) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.free <- tx
	}
	return !p.over
}
