package persist

import (
	"errors"
	"fmt"
)

// OutboxEntry is a message that waits in an outbox until it is delivered. It is an alias of a
// struct type, as Row is.
type OutboxEntry = struct {
	Seq   uint64 // given by the outbox, ascending; 0: it has none yet
	Queue string // the receiver; at most MaxOutboxName bytes, without a zero byte
	ID    string // of the message; one of its kind in a queue; the same bounds
	Data  []byte // opaque; at most MaxOutboxData bytes
}

// OutboxMark is a small value that is kept in an outbox, under a key. It is an alias, as Row is.
type OutboxMark = struct {
	Key  string // at most MaxOutboxKey bytes
	Data []byte // opaque; at most MaxOutboxData bytes; empty: there is none
}

// Bounds of what an outbox keeps, in bytes.
const (
	MaxOutboxName = 255
	MaxOutboxKey  = 16 + MaxRoom
	MaxOutboxData = 1 << 20
)

// outboxOverhead is what an entry takes beside its texts, roughly.
const outboxOverhead = 64

// Errors of outboxes.
var (
	ErrOutboxFull  = error(outboxFull("the outbox is full"))
	ErrOutboxEntry = errors.New("not an entry that an outbox can keep")
)

// outboxFull is an error that packages which do not import this one can recognize by its method.
type outboxFull string

func (f outboxFull) Error() string { return string(f) }

// OutboxFull marks the error.
func (outboxFull) OutboxFull() bool { return true }

// OutboxSize returns how much of an outbox an entry takes, in bytes.
func OutboxSize(e OutboxEntry) int64 {
	return int64(len(e.Queue) + len(e.ID) + len(e.Data) + outboxOverhead)
}

// CheckOutbox returns an ErrOutboxEntry unless all of them can be kept.
func CheckOutbox(entries []OutboxEntry, marks []OutboxMark) error {
	for _, e := range entries {
		switch {
		case !isOutboxName(e.Queue) || !isOutboxName(e.ID):
			return fmt.Errorf("%w: queue %.20q, id %.20q", ErrOutboxEntry, e.Queue, e.ID)
		case len(e.Data) > MaxOutboxData:
			return fmt.Errorf("%w: it has %d bytes", ErrOutboxEntry, len(e.Data))
		}
	}
	for _, m := range marks {
		if m.Key == "" || len(m.Key) > MaxOutboxKey || len(m.Data) > MaxOutboxData {
			return fmt.Errorf("%w: mark %.20q of %d bytes", ErrOutboxEntry, m.Key, len(m.Data))
		}
	}
	return nil
}

func isOutboxName(name string) bool {
	if name == "" || len(name) > MaxOutboxName {
		return false
	}
	for i := range len(name) {
		if name[i] == 0 {
			return false
		}
	}
	return true
}
