package wal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"time"
)

// FileName is the name of the log in the store's directory.
const FileName = "rooms.tail"

// MaxSize bounds the file, in bytes, and with it the rows held in memory.
const MaxSize = 8 << 20

const (
	// readySize is the length of a synced file from the start, in bytes: syncing is slower if it
	// makes a file longer. When the file is full, rows go to the database.
	readySize = 2 << 20
	// prepareAgain is the time after which prepare is tried again.
	prepareAgain = 10 * time.Second
)

// Log is the file that rows are appended to. It is owned by the store's writer, and is not safe for
// concurrent use.
type Log struct {
	file    *os.File
	sync    syncer
	synced  bool
	ready   bool      // prepare has succeeded
	retryAt time.Time // when prepare may be called again after it failed
	size    int64     // bytes of records that count
	buf     []byte    // of the last Append
	id      uint64    // random, so that nothing in a row can look like a record of this log
	txid    uint64    // number of the database's newest transaction
}

// Config has the options of a Log.
type Config struct {
	// Synced makes Append return when the rows are on the disk. Default: they are in the operating
	// system's memory then, which survives the death of the process and no power cut.
	Synced bool
	// Txid is the number of the database's newest transaction.
	Txid uint64
	// FellBack is called once with the reason why the log is synced by ordinary calls, which
	// block a thread, where asynchronous ones were tried. May be nil.
	FellBack func(reason error)
}

// Create makes an empty log at path, in the place of one that is there.
func Create(path string, cfg Config) (*Log, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return &Log{
		file: file, sync: syncer{fellBack: cfg.FellBack}, synced: cfg.Synced,
		id: binary.BigEndian.Uint64(id[:]), txid: cfg.Txid,
	}, nil
}

// Path returns the path at which the log was created.
func (l *Log) Path() string { return l.file.Name() }

// Append writes rows, of which there is at least one, as one record with one system call, and syncs
// it if the log is synced. It returns false if they do not fit: then they are to go to the
// database. After an error the next Append overwrites the record.
func (l *Log) Append(rows []Row) (fits bool, err error) {
	h := headerOf(rows)
	h.log, h.txid = l.id, l.txid
	if l.synced {
		h.flags = flagSynced
	}
	size := h.size()
	if l.size+size > MaxSize || l.synced && l.size >= readySize {
		return false, nil
	}
	if l.synced && !l.ready {
		if time.Now().Before(l.retryAt) {
			return false, nil
		}
		if err := l.prepare(); err != nil {
			return true, err
		}
	}
	l.buf = appendRecord(l.buf[:0], h, rows)
	if _, err := l.file.WriteAt(l.buf, l.size); err != nil {
		return true, err
	}
	if l.synced {
		if err := l.sync.sync(l.file); err != nil {
			return true, err
		}
	}
	l.size += size
	return true, nil
}

// prepare writes zeros to the first readySize bytes of a synced log. It is called before the first
// Append, as many stores are opened only to be read. It writes block by block: if all were written
// at once Linux would make one large folio of its page cache of it, and ext4 would go through all
// blocks of the folio for each block that is written again.
//
// If the disk has no room for that, prepare leaves it as it was, and rows are committed one by one:
// the database has pages to use again, and needs the rest of the disk to grow.
func (l *Log) prepare() error {
	err := l.fill()
	if err != nil {
		l.retryAt = time.Now().Add(prepareAgain)
		return errors.Join(err, l.file.Truncate(0))
	}
	l.ready = true
	l.sync.start()
	return nil
}

func (l *Log) fill() error {
	zeros := make([]byte, blockSize)
	for at := int64(0); at < readySize; at += blockSize {
		if _, err := l.file.WriteAt(zeros, at); err != nil {
			return err
		}
	}
	if err := l.file.Sync(); err != nil {
		return err
	}
	return SyncName(l.file.Name())
}

// Reset empties the log: the database has its rows since its transaction txid.
func (l *Log) Reset(txid uint64) { l.size, l.txid = 0, txid }

// Close leaves the file for the next Read.
func (l *Log) Close() error {
	l.sync.close()
	return l.file.Close()
}

// Remove closes and deletes the log, if it is there.
func (l *Log) Remove() error {
	closed := l.Close()
	if err := os.Remove(l.file.Name()); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(closed, err)
	}
	return closed
}
