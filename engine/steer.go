package engine

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Lock makes a room refuse all writing, or accept it again, whether it is loaded or not; by names
// the administrator. It returns nil when that holds: it is durable, and no update is merged in a
// locked room any more. If ctx is done before, its error says which of that is missing; a lock that
// is durable takes effect as soon as the room's lock is free. The error is ErrTooManyLocks if there
// are Config.Locks already.
func (e *Engine) Lock(ctx context.Context, key roomkey.Key, locked bool, by string) error {
	_, err := e.setLock(ctx, key, locked, by, "")
	return err
}

// setLock is Lock with a reason, which people are shown, and reports whether the room was not so
// before.
func (e *Engine) setLock(
	ctx context.Context, key roomkey.Key, locked bool, by, reason string,
) (changed bool, err error) {
	if err := CheckReason(reason); err != nil {
		return false, err
	}
	if changed, err = e.decisions.lock(ctx, key, locked, by, reason); err != nil {
		return false, fmt.Errorf("lock is not stored: %w", err)
	}
	if changed {
		kind := events.Locked
		if !locked {
			kind = events.Unlocked
		}
		e.cfg().Events.Publish(events.Event{Kind: kind, Room: key.String(), By: by, Reason: reason})
	}
	r := e.roomMap.find(key)
	if r == nil {
		return changed, nil
	}
	if err := r.takeLock(ctx); err != nil {
		return changed, fmt.Errorf("lock is stored, and takes effect when the room is free: %w", err)
	}
	return changed, nil
}

// takeLock makes the room locked or not, as the decisions say, and waits for that until ctx is
// done. A room that is still loading then does so when it is loaded.
func (r *room) takeLock(ctx context.Context) error {
	select {
	case <-r.loaded:
	case <-ctx.Done():
		return ctx.Err()
	}
	done := make(chan struct{})
	r.runLocked(func() {
		defer close(done)
		r.setLocked(r.e.lockOf(r.key))
	})
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// setLocked is called with mu held.
func (r *room) setLocked(lock Decision, locked bool) {
	if r.locked == locked || r.state == stateGone {
		return
	}
	r.locked = locked
	text := "record is locked"
	if !locked {
		text = "record is open again"
	}
	r.e.log.Info(text, slog.String("room", r.name))
	if locked && lock.Reason != "" {
		text += ": " + lock.Reason
	}
	r.notify(protocol.Info, text)
	r.sendAllAccess()
	r.retryRefused(time.Now())
	r.updateStats(time.Now())
}

// Kick closes a user's connections to a room and returns how many there were; by names the
// administrator. Their clients do not come back by themselves, and may be let in again. It waits
// for the room's lock until ctx is done.
func (e *Engine) Kick(ctx context.Context, key roomkey.Key, user, by string) (int, error) {
	return e.kick(ctx, key, user, by, errKicked, time.Time{})
}

// kick is Kick with the error that closes the connections; until is zero, or the end of the time
// for which the user is kept out.
func (e *Engine) kick(
	ctx context.Context, key roomkey.Key, user, by string, reason *CloseError, until time.Time,
) (int, error) {
	why := func(p *Peer) *CloseError {
		if p.presence.UserID() == user {
			return reason
		}
		return nil
	}
	kicked, err := e.closeSome(ctx, key, why)
	if err != nil {
		return 0, err
	}
	e.log.Info("user kicked", slog.String("room", key.String()), slog.String("user", user),
		slog.Int("connections", kicked))
	e.cfg().Events.Publish(events.Event{
		Kind: events.Kicked, Room: key.String(), User: user, By: by, Count: kicked,
		Reason: reason.Reason, Until: until,
	})
	return kicked, nil
}

// kicked returns the error that closes the connection of a user whom somebody has kicked, until a
// time if it is not zero.
func kicked(by string, until time.Time, reason string) *CloseError {
	text := "removed from this record"
	if by != "" {
		text += " by " + by
	}
	if !until.IsZero() {
		text += until.UTC().Format(" until 2006-01-02 15:04 UTC")
	}
	if reason != "" {
		text += ": " + reason
	}
	return &CloseError{Code: CloseForbidden, Reason: text, ErrorCode: protocol.CodeKicked}
}

var errKicked = kicked("", time.Time{}, "")

// Disconnect closes the connection of one peer, by its PeerInfo.ID, with a reason, and reports
// whether there was such a peer. Its client may come back at once. It waits for the room's lock
// until ctx is done.
func (e *Engine) Disconnect(
	ctx context.Context, key roomkey.Key, peer uint64, reason string,
) (found bool, err error) {
	if err := CheckReason(reason); err != nil {
		return false, err
	}
	n, err := e.closeSome(ctx, key, func(p *Peer) *CloseError {
		if p.id == peer {
			return Disconnected(reason)
		}
		return nil
	})
	return n > 0, err
}

// closeSome closes the peers of a room for which why returns a reason, and returns how many there
// were.
func (e *Engine) closeSome(
	ctx context.Context, key roomkey.Key, why func(*Peer) *CloseError,
) (int, error) {
	r := e.roomMap.find(key)
	if r == nil {
		return 0, nil
	}
	closed := make(chan int, 1)
	err := r.callLocked(ctx, func() {
		n := 0
		for _, p := range r.peers {
			if reason := why(p); reason != nil {
				p.close(reason)
				n++
			}
		}
		closed <- n
	})
	if err != nil {
		return 0, err
	}
	return <-closed, nil
}

// Notice sends a notice to all peers of a room whose protocol has a form for it, and returns how
// many these are; level is protocol.Info or protocol.Warning. It waits for the room's lock until
// ctx is done. Its error is ErrNotice, ErrNoRoom if the room is not loaded, or ctx's.
func (e *Engine) Notice(
	ctx context.Context, key roomkey.Key, level, text, by string,
) (peers int, err error) {
	if err := CheckNotice(level, text); err != nil {
		return 0, err
	}
	r := e.roomMap.find(key)
	if r == nil {
		return 0, ErrNoRoom
	}
	sent := make(chan int, 1)
	if err := r.callLocked(ctx, func() { sent <- r.notice(level, text) }); err != nil {
		return 0, err
	}
	peers = <-sent
	e.cfg().Events.Publish(events.Event{
		Kind: events.Noticed, Room: key.String(), By: by, Count: peers,
	})
	return peers, nil
}

// NoticeAll sends a notice to the peers of all rooms, as Notice does, and returns how many there
// were in rooms of which the lock was free. In others it is sent as soon as that is.
func (e *Engine) NoticeAll(level, text, by string) (peers int, err error) {
	if err := CheckNotice(level, text); err != nil {
		return 0, err
	}
	for _, r := range e.roomMap.all() {
		if r.stats.peers.Load() == 0 {
			continue
		}
		if !r.mu.TryRun(func() { peers += r.notice(level, text) }) {
			r.mu.Defer(func() { r.notice(level, text) })
		}
	}
	e.cfg().Events.Publish(events.Event{Kind: events.Noticed, By: by, Count: peers})
	return peers, nil
}

// notice sends a notice and returns how many peers it was sent to. mu is held.
func (r *room) notice(level, text string) (peers int) {
	if r.state == stateGone {
		return 0
	}
	for _, p := range r.peers {
		if natives.has(p) {
			peers++
		}
	}
	r.notify(level, text)
	return peers
}
