package bolt

import (
	"sync"
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
