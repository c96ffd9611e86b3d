package persist

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"
)

// KeepVersion keeps a copy of the snapshot.
func (m *Memory) KeepVersion(ctx context.Context, room, why string, snapshot []byte) error {
	if err := CheckVersion(room, why); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return err
	}
	m.room(room).keep(m.keep, Version{Time: m.keep.Clock(), Why: why}, blob(snapshot))
	return nil
}

// keep adds snapshot, which it owns from then on, as a version, and deletes those that are too
// many.
func (r *memoryRoom) keep(keep Retention, v Version, snapshot []byte) {
	if r.kept == nil {
		r.kept = map[uint64][]byte{}
	}
	r.lastID++
	v.ID, v.Size = r.lastID, len(snapshot)
	r.versions, r.kept[v.ID] = append(r.versions, v), snapshot
	for _, old := range keep.Surplus(r.versions) {
		delete(r.kept, old.ID)
	}
	r.versions = slices.DeleteFunc(r.versions, func(v Version) bool { return r.kept[v.ID] == nil })
}

// Versions lists the room's versions.
func (m *Memory) Versions(ctx context.Context, room string) ([]Version, error) {
	if err := CheckRoom(room); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil || m.rooms[room] == nil {
		return nil, err
	}
	return slices.Clone(m.rooms[room].versions), nil
}

// Version returns a copy of the version.
func (m *Memory) Version(ctx context.Context, room string, id uint64) ([]byte, error) {
	if err := CheckRoom(room); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return nil, err
	}
	if r := m.rooms[room]; r != nil && r.kept[id] != nil {
		return bytes.Clone(r.kept[id]), nil
	}
	return nil, ErrVersion
}

// Expire sets when the room is to be dropped.
func (m *Memory) Expire(ctx context.Context, room string, at time.Time) error {
	if err := CheckRoom(room); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return err
	}
	if r := m.rooms[room]; r != nil {
		r.expires = at
	}
	return nil
}

// DropExpired drops the rooms that have expired.
func (m *Memory) DropExpired(ctx context.Context, now time.Time) (rooms int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return 0, err
	}
	before := len(m.rooms)
	maps.DeleteFunc(m.rooms, func(_ string, r *memoryRoom) bool {
		return !r.expires.IsZero() && !r.expires.After(now)
	})
	return before - len(m.rooms), nil
}

// Rooms lists all rooms.
func (m *Memory) Rooms(ctx context.Context) (rooms []Room, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(m.rooms)) {
		rooms = append(rooms, m.rooms[key].describe(key))
	}
	return rooms, nil
}

// Room describes a room.
func (m *Memory) Room(ctx context.Context, room string) (Room, error) {
	if err := CheckRoom(room); err != nil {
		return Room{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return Room{}, err
	}
	r := m.rooms[room]
	if r == nil {
		r = new(memoryRoom)
	}
	return r.describe(room), nil
}

func (r *memoryRoom) describe(key string) Room {
	room := Room{
		Key: key, Saved: r.saved, Snapshot: len(r.snapshot), Rows: len(r.rows),
		Versions: len(r.versions), Expires: r.expires,
	}
	if r.snapshot == nil {
		room.Snapshot = -1
	}
	return room
}
