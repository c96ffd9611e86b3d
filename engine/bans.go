package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Ban keeps a user out of all rooms until a time, and is durable when it returns; a later ban
// replaces it. reason is shown to the user, and by names the administrator. Connections that the
// user has stay open: transport.Server.DisconnectUser closes them. The error is ErrUser, ErrUntil,
// ErrReason, ErrTooManyBans if Config.Bans users are banned already, ctx's, or one of the store.
func (e *Engine) Ban(ctx context.Context, user string, until time.Time, reason, by string) error {
	now := time.Now().Truncate(time.Millisecond)
	if err := checkBan(user, until, reason, now); err != nil {
		return err
	}
	ban := Decision{
		Kind: decisionBan, Subject: user, By: by, Reason: reason, Made: now,
		Until: until.Truncate(time.Millisecond),
	}
	if err := e.decisions.ban(ctx, ban); err != nil {
		return err
	}
	e.cfg().Events.Publish(events.Event{
		Kind: events.Banned, User: user, By: by, Reason: reason, Until: until,
	})
	return nil
}

// keepOut keeps a user out of one room until a time, as Ban keeps users out of all.
func (e *Engine) keepOut(
	ctx context.Context, key roomkey.Key, user string, until time.Time, reason, by string,
) error {
	now := time.Now().Truncate(time.Millisecond)
	if err := checkBan(user, until, reason, now); err != nil {
		return err
	}
	return e.decisions.ban(ctx, Decision{
		Kind: decisionBan, Subject: ofRoom(user, key), By: by, Reason: reason, Made: now,
		Until: until.Truncate(time.Millisecond),
	})
}

// ofRoom returns the Decision.Subject of a ban from one room. Ids of users have no control
// characters.
func ofRoom(user string, key roomkey.Key) string { return user + roomSeparator + key.String() }

const roomSeparator = "\n"

// BannedFrom returns the user of a ban, and the name of the room that the user is kept out of;
// empty: of all rooms.
func BannedFrom(ban Decision) (user, room string) {
	user, room, _ = strings.Cut(ban.Subject, roomSeparator)
	return user, room
}

// checkBan returns the error of Ban's arguments.
func checkBan(user string, until time.Time, reason string, now time.Time) error {
	switch {
	case user == "" || len(user) > 255 || !printable(user):
		return ErrUser
	case !until.After(now):
		return ErrUntil
	}
	return CheckReason(reason)
}

// Unban lifts the bans of a user, also those from single rooms, and reports whether there were any.
func (e *Engine) Unban(ctx context.Context, user, by string) (found bool, err error) {
	d := e.decisions
	if err := d.begin(ctx); err != nil {
		return false, err
	}
	defer d.end()
	drop := d.bansOf(user)
	if len(drop) == 0 {
		return false, nil
	}
	if err := d.store(ctx, nil, drop); err != nil {
		return false, err
	}
	d.forget(drop)
	e.cfg().Events.Publish(events.Event{Kind: events.Unbanned, User: user, By: by})
	return true, nil
}

// bansOf returns the bans of a user that have not ended.
func (d *decisions) bansOf(user string) (all []Decision) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	now := time.Now()
	for subject, ban := range d.bans {
		if of, _, _ := strings.Cut(subject, roomSeparator); of == user && !ended(ban, now) {
			all = append(all, ban)
		}
	}
	return all
}

// Bans returns the bans that have not ended, in the order of their subjects. A ban from one room
// has the subject that Decision describes.
func (e *Engine) Bans() []Decision {
	now := time.Now()
	d := e.decisions
	d.mu.RLock()
	all := slices.Collect(maps.Values(d.bans))
	d.mu.RUnlock() // joins do not wait for the sorting
	all = slices.DeleteFunc(all, func(ban Decision) bool { return ended(ban, now) })
	slices.SortFunc(all, bySubject)
	return all
}

// liveBans returns how many bans have not ended; mu is held.
func (d *decisions) liveBans() (n int) {
	now := time.Now()
	for _, ban := range d.bans {
		if !ended(ban, now) {
			n++
		}
	}
	return n
}

func ended(ban Decision, now time.Time) bool { return !ban.Until.After(now) }

// Banned returns the reason for keeping a user out, a *CloseError; nil if there is none. It takes
// no room's lock, and is nil for the empty id.
func (e *Engine) Banned(user string) error { return e.decisions.banned(user) }

// KeptOut returns the reason for keeping a user out of a room, as Banned does. Join returns it, and
// a transport asks for it when it checks a session again.
func (e *Engine) KeptOut(user string, key roomkey.Key) error {
	if err := e.decisions.banned(user); err != nil || !e.decisions.any() {
		return err
	}
	return e.decisions.banned(ofRoom(user, key))
}

// any reports whether there are bans.
func (d *decisions) any() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return len(d.bans) > 0
}

// banned returns the reason for keeping the subject of a ban out.
func (d *decisions) banned(subject string) error {
	d.mu.RLock()
	ban, ok := d.bans[subject]
	d.mu.RUnlock()
	if !ok || ended(ban, time.Now()) {
		return nil
	}
	return banned(ban)
}

// banned returns the error that closes the connection of a banned user. Clients do not come back by
// themselves after CloseForbidden.
func banned(ban Decision) *CloseError {
	reason := ban.Until.UTC().Format("kept out until 2006-01-02 15:04 UTC")
	if ban.Reason != "" {
		reason += ": " + ban.Reason // a close frame has the first 123 bytes
	}
	return &CloseError{Code: CloseForbidden, Reason: reason, ErrorCode: protocol.CodeKicked}
}

// ban stores a ban, and drops those that have ended.
func (d *decisions) ban(ctx context.Context, ban Decision) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.end()
	drop, others := d.endedBans(ban)
	if others >= d.e.cfg().Bans {
		d.e.metrics.tooManyBans.Inc()
		return ErrTooManyBans
	}
	if err := d.store(ctx, []Decision{ban}, drop); err != nil {
		return fmt.Errorf("ban is not stored: %w", err)
	}
	d.forget(drop)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bans[ban.Subject] = ban
	return nil
}

// endedBans returns the bans that have ended when a new one is made, and how many others there are
// that it does not replace.
func (d *decisions) endedBans(by Decision) (all []Decision, others int) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, ban := range d.bans {
		if ended(ban, by.Made) {
			all = append(all, ban)
		} else if ban.Subject != by.Subject {
			others++
		}
	}
	return all, others
}

// forget removes bans from memory.
func (d *decisions) forget(bans []Decision) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, ban := range bans {
		delete(d.bans, ban.Subject)
	}
}
