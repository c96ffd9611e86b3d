package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Rooms describes all loaded rooms, in no order. It takes no room's lock.
func (e *Engine) Rooms() []RoomInfo {
	now := time.Now()
	rooms := e.roomMap.all()
	infos := make([]RoomInfo, len(rooms))
	for i, r := range rooms {
		infos[i] = r.info(now)
	}
	return infos
}

// EachRoom calls f with each loaded room, in no order. It takes no room's lock, and copies no list
// of descriptions.
func (e *Engine) EachRoom(f func(RoomInfo)) {
	now := time.Now()
	for _, r := range e.roomMap.all() {
		f(r.info(now))
	}
}

// IsOpen reports whether a room has peers. It takes no room's lock.
func (e *Engine) IsOpen(key roomkey.Key) bool {
	r := e.roomMap.find(key)
	return r != nil && r.info(time.Now()).Peers > 0
}

// RoomDetail describes a room. It waits for a room that is loading, for the room's lock and for the
// store no longer than ctx: then RoomDetail.Partial is set. Its error is ErrNoRoom if the room is
// neither loaded nor stored, or one of the store.
func (e *Engine) RoomDetail(ctx context.Context, key roomkey.Key) (RoomDetail, error) {
	stored := e.readStored(ctx, key)
	d := RoomDetail{RoomInfo: RoomInfo{Key: key, State: RoomStored, Locked: e.isLocked(key)}}
	if r := e.roomMap.find(key); r != nil {
		d = r.detailWithin(ctx)
	}
	err := d.add(awaitStored(ctx, stored))
	return d, err
}

// awaitStored waits for what the store has, until ctx is done.
func awaitStored(ctx context.Context, stored <-chan storedState) storedState {
	select {
	case s := <-stored:
		return s
	case <-ctx.Done():
	}
	select {
	case s := <-stored: // both were ready
		return s
	default:
		return storedState{room: StoredRoom{Snapshot: -1}, err: ctx.Err()}
	}
}

// detailWithin describes the room. When ctx is done it says what is known without the lock.
func (r *room) detailWithin(ctx context.Context) RoomDetail {
	found := make(chan RoomDetail, 1)
	if r.callLocked(ctx, func() { found <- r.detail(time.Now()) }) != nil {
		return RoomDetail{RoomInfo: r.info(time.Now()), Partial: true}
	}
	return <-found
}

// storedState is what the store has of a room.
type storedState struct {
	room     StoredRoom
	versions []Version
	err      error
}

// maxLooks is how many calls of RoomDetail the store may owe an answer. While its disk does not
// answer, each of them keeps a goroutine, and maybe a thread, however often an administrator asks.
const maxLooks = 64

var errLooks = fmt.Errorf("the store has not answered %d earlier calls: %w",
	maxLooks, context.DeadlineExceeded)

// readStored reads what the store has of a room, on a goroutine of its own, as a store may not
// return before its disk answers. The channel gets one element.
func (e *Engine) readStored(ctx context.Context, key roomkey.Key) <-chan storedState {
	found := make(chan storedState, 1)
	s := storedState{room: StoredRoom{Snapshot: -1}}
	store, ok := e.store.(Catalog)
	if !ok {
		found <- s
		return found
	}
	select {
	case e.looks <- struct{}{}:
	default:
		s.err = errLooks
		found <- s
		return found
	}
	e.running.Go(func() {
		defer func() { <-e.looks }()
		if s.room, s.err = store.Room(ctx, key.String()); s.err == nil {
			s.versions, s.err = store.Versions(ctx, key.String())
		}
		found <- s
	})
	return found
}

// add adds what the store has, and returns the error of RoomDetail.
func (d *RoomDetail) add(s storedState) error {
	s.room.Key = d.Key.String()
	d.Stored, d.Versions = s.room, s.versions
	if d.SnapshotAt.IsZero() {
		d.SnapshotAt = s.room.Saved
	}
	none := s.room.Snapshot < 0 && s.room.Rows == 0 && len(s.versions) == 0
	switch {
	case s.err == nil && none && d.State == RoomStored:
		return ErrNoRoom
	case errors.Is(s.err, context.DeadlineExceeded) || errors.Is(s.err, context.Canceled):
		if d.Partial = true; d.State != RoomStored {
			return nil
		}
	}
	return s.err
}

// detail describes the room. mu is held.
func (r *room) detail(now time.Time) RoomDetail {
	r.updateStats(now)
	d := RoomDetail{
		RoomInfo:     r.info(now),
		PendingBytes: r.doc.PendingSize(), UnflushedBytes: int(r.unflushed.Load()),
		SnapshotVersion: r.saving.version, SnapshotAt: fromUnixNano(r.saving.savedAt),
		SnapshotDue: r.saveDue(), SnapshotFailures: r.saving.failures,
		DraftAt: r.record.SavedAt(), UnsavedSince: r.record.UnsavedSince(),
		RetryAt:    r.commit.refused.retryAt,
		Compacting: r.compaction.running, CompactionDue: r.compaction.dueAt,
		HeldUpdates: len(r.compaction.updates), Recreated: r.recreated,
	}
	if err := r.commit.refused.err; err != nil {
		d.RefusedRow = err.Error()
	}
	if r.damage != nil {
		d.Damage = r.damage.Error()
	}
	for _, p := range r.peers {
		d.Peers = append(d.Peers, p.info(now))
	}
	d.Users = usersOf(d.Peers)
	return d
}

// usersOf returns the users of peers, in the order of their first peers.
func usersOf(peers []PeerInfo) (users []RoomUser) {
	index := make(map[string]int, len(peers))
	for _, p := range peers {
		i, ok := index[p.Presence]
		if !ok {
			i = len(users)
			index[p.Presence] = i
			users = append(users, RoomUser{ID: p.Presence, Name: p.Name})
		}
		users[i].Peers++
	}
	return users
}

// info describes the peer. room.mu is held.
func (p *Peer) info(now time.Time) PeerInfo {
	user := p.presence.User()
	age := p.room.e.clock(now) - p.presence.Joined()
	i := PeerInfo{
		ID: p.id, User: p.identity.ID, Presence: user.ID, Name: user.Name,
		Protocol: p.proto.Name(), ReadOnly: p.identity.ReadOnly,
		ReceivedMessages: p.received.Load(), SentMessages: p.sent.Load(),
		Missing: p.resync.due || p.searchedAt != 0, Connection: p.connectionID(),
		Joined: now.Add(-age),
	}
	i.QueuedMessages, i.QueuedBytes = p.Queued()
	if f := p.refusal; f != nil && f.reason != nil {
		i.Refused = f.reason.Reason
	}
	return i
}
