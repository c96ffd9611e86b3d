package engine

import (
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// ErrNoRoom says that a room is neither loaded nor, where that is asked for, stored.
var ErrNoRoom = errors.New("no such room")

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

// RoomDetail describes a room. It waits for a room that is loading, for the room's lock and for the
// store no longer than ctx: then RoomDetail.Partial is set. Its error is ErrNoRoom if the room is
// neither loaded nor stored, or one of the store.
func (e *Engine) RoomDetail(ctx context.Context, key roomkey.Key) (RoomDetail, error) {
	r := e.roomMap.find(key)
	if r == nil {
		return e.storedDetail(ctx, key)
	}
	found := make(chan RoomDetail, 1)
	err := r.callLocked(ctx, func() { found <- r.detail(time.Now()) })
	var d RoomDetail
	if err != nil {
		d = RoomDetail{RoomInfo: r.info(time.Now()), Partial: true}
	} else {
		d = <-found
	}
	d.Versions, err = e.versions(ctx, key)
	if ctx.Err() != nil {
		d.Partial, err = true, nil
	}
	return d, err
}

// storedDetail describes a room that is not loaded.
func (e *Engine) storedDetail(ctx context.Context, key roomkey.Key) (RoomDetail, error) {
	d := RoomDetail{RoomInfo: RoomInfo{Key: key, State: RoomStored, Locked: e.isLocked(key)}}
	var err error
	d.Versions, err = e.versions(ctx, key)
	if err == nil && len(d.Versions) == 0 {
		err = ErrNoRoom
	}
	return d, err
}

// versions returns the versions of a room that the store keeps.
func (e *Engine) versions(ctx context.Context, key roomkey.Key) ([]Version, error) {
	s, ok := e.store.(Versions)
	if !ok {
		return nil, nil
	}
	return s.Versions(ctx, key.String())
}

// detail describes the room. mu is held.
func (r *room) detail(now time.Time) RoomDetail {
	r.updateStats(now)
	d := RoomDetail{
		RoomInfo:     r.info(now),
		PendingBytes: r.doc.PendingSize(), UnflushedBytes: int(r.unflushed.Load()),
		SnapshotVersion: r.saving.version, SnapshotAt: r.saving.savedAt,
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
		d.Peers = append(d.Peers, p.info())
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
func (p *Peer) info() PeerInfo {
	user := p.presence.User()
	i := PeerInfo{
		ID: p.id, User: p.identity.ID, Presence: user.ID, Name: user.Name,
		Protocol: p.proto.Name(), ReadOnly: p.identity.ReadOnly,
		ReceivedMessages: p.received.Load(), SentMessages: p.sent.Load(),
		Missing: p.resync.due || p.searchedAt != 0, Connection: p.connectionID(),
	}
	i.QueuedMessages, i.QueuedBytes = p.Queued()
	if f := p.refusal; f != nil && f.reason != nil {
		i.Refused = f.reason.Reason
	}
	return i
}
