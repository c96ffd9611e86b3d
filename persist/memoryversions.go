package persist

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// KeepVersion keeps a copy of the snapshot.
func (m *Memory) KeepVersion(
	ctx context.Context, room string, v Version, snapshot []byte,
) (id uint64, err error) {
	if err := CheckVersion(room, v); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return 0, err
	}
	if r := m.rooms[room]; r != nil && v.Name != "" {
		if err := m.keep.CheckNamed(r.versions, 0, len(snapshot)); err != nil {
			return 0, err
		}
	}
	v.Time = m.keep.Clock()
	return m.room(room).keep(m.keep, v.Time, v, blob(snapshot)), nil
}

// keep adds snapshot, which it owns from then on, as a version, and deletes those that are too
// many.
func (r *memoryRoom) keep(keep Retention, now time.Time, v Version, snapshot []byte) uint64 {
	if r.kept == nil {
		r.kept = map[uint64][]byte{}
	}
	r.lastID++
	v.ID, v.Size, v.Kept, v.Node = r.lastID, len(snapshot), now, ""
	r.versions, r.kept[v.ID] = append(r.versions, v), snapshot
	r.delete(keep.Surplus(now, r.versions))
	return v.ID
}

// delete deletes versions.
func (r *memoryRoom) delete(versions []Version) {
	for _, old := range versions {
		delete(r.kept, old.ID)
	}
	r.versions = slices.DeleteFunc(r.versions, func(v Version) bool { return r.kept[v.ID] == nil })
}

// RenameVersion gives a version another name.
func (m *Memory) RenameVersion(ctx context.Context, room string, id uint64, name string) error {
	if err := errors.Join(CheckRoom(room), CheckName(name)); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return err
	}
	r := m.rooms[room]
	if r == nil || r.kept[id] == nil {
		return ErrVersion
	}
	if name != "" {
		if err := m.keep.CheckNamed(r.versions, id, len(r.kept[id])); err != nil {
			return err
		}
	}
	for i := range r.versions {
		if r.versions[i].ID == id {
			r.versions[i].Name = name
		}
	}
	return nil
}

// DeleteVersion deletes a version.
func (m *Memory) DeleteVersion(ctx context.Context, room string, id uint64) error {
	if err := CheckRoom(room); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return err
	}
	r := m.rooms[room]
	if r == nil || r.kept[id] == nil {
		return ErrVersion
	}
	r.delete([]Version{{ID: id}})
	m.tidy(room)
	return nil
}

// DropVersions deletes the versions that are too old.
func (m *Memory) DropVersions(ctx context.Context, now time.Time) (versions int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.usable(ctx); err != nil {
		return 0, err
	}
	if m.keep.MaxAge <= 0 {
		return 0, nil
	}
	for key, r := range m.rooms {
		old := m.keep.Surplus(now, r.versions)
		r.delete(old)
		versions += len(old)
		m.tidy(key)
	}
	return versions, nil
}

// tidy forgets a room of which nothing is left.
func (m *Memory) tidy(key string) {
	if r := m.rooms[key]; r.snapshot == nil && len(r.rows) == 0 && len(r.versions) == 0 {
		delete(m.rooms, key)
	}
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
