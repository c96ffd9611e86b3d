package persist

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Memory is a store in memory. It is for tests, and for servers of which the rooms are durable
// elsewhere.
type Memory struct {
	mu     sync.Mutex // guards everything below
	keep   Retention
	rooms  map[string]*memoryRoom
	last   uint64
	closed bool

	decisions map[decisionKey]Decision
}

// decisionKey identifies a Decision.
type decisionKey struct{ kind, subject string }

type memoryRoom struct {
	snapshot []byte // nil: none
	saved    time.Time
	rows     []memoryRow

	versions []Version
	kept     map[uint64][]byte // their snapshots, by id
	lastID   uint64
	expires  time.Time
}

type memoryRow struct {
	seq  uint64
	data []byte
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return NewMemoryWith(Retention{}) }

// NewMemoryWith returns an empty store with options about versions.
func NewMemoryWith(keep Retention) *Memory {
	return &Memory{
		keep: keep, rooms: map[string]*memoryRoom{}, decisions: map[decisionKey]Decision{},
	}
}

// SetRetention replaces the options about versions, but for the clock.
func (m *Memory) SetRetention(keep Retention) {
	m.mu.Lock()
	defer m.mu.Unlock()
	keep.Now = m.keep.Now
	m.keep = keep
}

// Load returns copies of the room's snapshot and rows.
func (m *Memory) Load(
	ctx context.Context, room string,
) (snapshot []byte, journal [][]byte, err error) {
	if err := CheckRoom(room); err != nil {
		return nil, nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return nil, nil, err
	}
	r := m.rooms[room]
	if r == nil {
		return nil, nil, nil
	}
	for _, row := range r.rows {
		journal = append(journal, bytes.Clone(row.data))
	}
	return bytes.Clone(r.snapshot), journal, nil
}

// Append adds a copy of each row to its room.
func (m *Memory) Append(ctx context.Context, rows []Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return err
	}
	CheckRows(rows)
	for i := range rows {
		if rows[i].Err == nil {
			m.append(&rows[i])
		}
	}
	return nil
}

// append adds a row and sets its number; mu is held.
func (m *Memory) append(row *Row) {
	m.last++
	row.Seq = m.last
	r := m.room(row.Room)
	r.expires = time.Time{}
	r.rows = append(r.rows, memoryRow{row.Seq, blob(row.Data)})
}

// SaveSnapshot keeps a copy of the snapshot and deletes the rows that it covers.
func (m *Memory) SaveSnapshot(
	ctx context.Context, room string, snapshot []byte, through uint64,
) error {
	if err := CheckRoom(room); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return err
	}
	r, now := m.room(room), m.keep.Clock()
	if r.snapshot != nil && m.keep.Due(now, r.versions) {
		r.keep(m.keep, now, Version{Time: r.saved, Why: Automatic}, r.snapshot)
	}
	r.snapshot, r.saved, r.expires = blob(snapshot), now, time.Time{}
	r.rows = slices.DeleteFunc(r.rows, func(row memoryRow) bool { return row.seq <= through })
	return nil
}

// Quarantine deletes the room's snapshot and rows.
func (m *Memory) Quarantine(ctx context.Context, room string) error {
	if err := CheckRoom(room); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return err
	}
	if r := m.rooms[room]; r != nil {
		r.snapshot, r.saved, r.rows = nil, time.Time{}, nil
		if len(r.versions) == 0 {
			delete(m.rooms, room)
		}
	}
	return nil
}

// LoadDecisions returns all decisions.
func (m *Memory) LoadDecisions(ctx context.Context) ([]Decision, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return nil, err
	}
	return slices.Collect(maps.Values(m.decisions)), nil
}

// ChangeDecisions drops decisions and keeps others.
func (m *Memory) ChangeDecisions(ctx context.Context, put, drop []Decision) error {
	if err := CheckDecisions(put, drop); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return err
	}
	for _, d := range drop {
		delete(m.decisions, decisionKey{d.Kind, d.Subject})
	}
	for _, d := range put {
		m.decisions[decisionKey{d.Kind, d.Subject}] = d
	}
	return nil
}

// Damage returns nil.
func (m *Memory) Damage() []Damage { return nil }

// Healthy returns nil.
func (m *Memory) Healthy() error { return nil }

// Close deletes everything.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.rooms, m.decisions = true, nil, nil
	return nil
}

// usable fails if a call must not begin; mu is held.
func (m *Memory) usable(ctx context.Context) error {
	if m.closed {
		return ErrClosed
	}
	return ctx.Err()
}

// room returns a room, which it makes if it is missing; mu is held.
func (m *Memory) room(key string) *memoryRoom {
	r := m.rooms[key]
	if r == nil {
		r = new(memoryRoom)
		m.rooms[key] = r
	}
	return r
}

// blob returns a copy of b that is not nil: an empty blob is stored like any other.
func blob(b []byte) []byte { return append([]byte{}, b...) }
