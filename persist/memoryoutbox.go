package persist

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// MemoryOutbox is an outbox in memory, for tests.
type MemoryOutbox struct {
	mu      sync.Mutex // guards everything below
	entries map[uint64]OutboxEntry
	ids     map[outboxID]uint64
	marks   map[string][]byte
	last    uint64
	bytes   int64
	closed  bool
}

// outboxID identifies a message of a queue.
type outboxID struct{ queue, id string }

// NewMemoryOutbox returns an empty outbox.
func NewMemoryOutbox() *MemoryOutbox {
	return &MemoryOutbox{
		entries: map[uint64]OutboxEntry{}, ids: map[outboxID]uint64{}, marks: map[string][]byte{},
	}
}

// Add adds or moves entries, and keeps marks.
func (m *MemoryOutbox) Add(
	ctx context.Context, limit int64, entries []OutboxEntry, marks []OutboxMark,
) error {
	if err := CheckOutbox(entries, marks); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return err
	}
	if limit > 0 && len(entries) > 0 && m.bytes >= limit {
		return ErrOutboxFull
	}
	for _, e := range entries {
		m.add(e)
	}
	for _, mark := range marks {
		if delete(m.marks, mark.Key); len(mark.Data) > 0 {
			m.marks[mark.Key] = bytes.Clone(mark.Data)
		}
	}
	return nil
}

// add adds or moves an entry; mu is held.
func (m *MemoryOutbox) add(e OutboxEntry) {
	id := outboxID{e.Queue, e.ID}
	if e.Seq != 0 {
		if _, there := m.entries[e.Seq]; !there {
			return
		}
		m.drop(e.Seq)
	} else if _, there := m.ids[id]; there {
		return
	}
	m.last++
	e.Seq, e.Data = m.last, bytes.Clone(e.Data)
	m.entries[e.Seq], m.ids[id] = e, e.Seq
	m.bytes += OutboxSize(e)
}

// drop drops an entry; mu is held.
func (m *MemoryOutbox) drop(seq uint64) {
	e, there := m.entries[seq]
	if !there {
		return
	}
	delete(m.entries, seq)
	delete(m.ids, outboxID{e.Queue, e.ID})
	m.bytes -= OutboxSize(e)
}

// Change replaces the data of entries, and drops others.
func (m *MemoryOutbox) Change(ctx context.Context, put []OutboxEntry, drop []uint64) error {
	if err := CheckOutbox(put, nil); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return err
	}
	for _, e := range put {
		if old, there := m.entries[e.Seq]; there {
			m.bytes -= OutboxSize(old)
			old.Data = bytes.Clone(e.Data)
			m.entries[e.Seq] = old
			m.bytes += OutboxSize(old)
		}
	}
	for _, seq := range drop {
		m.drop(seq)
	}
	return nil
}

// Entries returns entries with numbers above after.
func (m *MemoryOutbox) Entries(
	ctx context.Context, after uint64, limit int,
) (all []OutboxEntry, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return nil, err
	}
	for seq, e := range m.entries {
		if seq > after {
			e.Data = bytes.Clone(e.Data)
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b OutboxEntry) int { return cmp.Compare(a.Seq, b.Seq) })
	return all[:min(limit, len(all))], nil
}

// Marks returns all marks.
func (m *MemoryOutbox) Marks(ctx context.Context) (all []OutboxMark, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(m.marks)) {
		all = append(all, OutboxMark{Key: key, Data: bytes.Clone(m.marks[key])})
	}
	return all, nil
}

// Size returns how many entries there are, and how much they take.
func (m *MemoryOutbox) Size(ctx context.Context) (entries int, bytes int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.entries), m.bytes, m.usable(ctx)
}

// Hold returns true.
func (m *MemoryOutbox) Hold(context.Context, time.Duration) (bool, error) { return true, nil }

// Close makes all other calls fail. What is kept stays, for an Open.
func (m *MemoryOutbox) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// Open makes the outbox usable again, after Close.
func (m *MemoryOutbox) Open() *MemoryOutbox {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = false
	return m
}

// usable fails if a call must not begin; mu is held.
func (m *MemoryOutbox) usable(ctx context.Context) error {
	if m.closed {
		return ErrClosed
	}
	return ctx.Err()
}
