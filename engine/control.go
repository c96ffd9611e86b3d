package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/events"
)

const (
	// maxControls is how many of them may wait in a room. Peers are told about further ones.
	maxControls = 64
	// controlTimeout is how long one may take. The store may not respond.
	controlTimeout = 30 * time.Second
	// MaxKickTime is the longest time for which a kicked user may be kept out of the room.
	MaxKickTime = 366 * 24 * time.Hour
)

// errNotAdmin refuses messages that steer a room to peers that may not do that. Their connection
// stays open.
var errNotAdmin = &Denial{protocol.CodePermissionDenied, "only an administrator of this record may do that"}

// controlNames are the names of the messages in the log and in events.
var controlNames = map[protocol.Kind]string{
	protocol.Kick: "kick", protocol.Lock: "lock", protocol.Unlock: "unlock",
	protocol.Notice: "notice",
}

// control handles a message that steers the room. The messages of a room are carried out one after
// the other, on a goroutine that lives while there are any, as locks and bans are stored.
func (p *Peer) control(h *decodeState) error {
	m := h.message // has no bytes of the payload
	return h.runLocked(p.room, func() { p.room.receiveControl(control{p, m}) })
}

// receiveControl is called with mu held.
func (r *room) receiveControl(c control) {
	switch {
	case r.discards(c.peer):
	case !c.peer.identity.Admin:
		r.denyControl(c)
	case len(r.controls) == maxControls:
		c.peer.sendFailure(protocol.CodeInternal, "earlier messages like this are still being carried out: try again")
	default:
		if r.controls = append(r.controls, c); len(r.controls) == 1 {
			r.e.running.Go(r.carryOutControls)
		}
	}
}

// denyControl tells a peer that it may not steer the room; mu is held.
func (r *room) denyControl(c control) {
	p, event := c.peer, controlNames[c.message.Kind]
	r.e.metrics.controlsDenied.Inc()
	p.sendFailure(errNotAdmin.Code, errNotAdmin.Reason)
	r.e.controlDenials.Log(r.e.log, slog.LevelWarn, "control message denied",
		slog.Uint64("peer", p.id), slog.String("room", r.name),
		slog.String("user", p.identity.ID), slog.String("event", event))
	r.e.cfg().Events.Publish(events.Event{
		Kind: events.Denied, Room: r.name, User: p.identity.ID, Connection: p.connectionID(),
		Subject: event, Reason: errNotAdmin.Reason,
	})
}

// carryOutControls carries out the messages that wait. A message stays in the line until it is
// carried out.
func (r *room) carryOutControls() {
	for {
		r.mu.Lock()
		c := r.controls[0]
		admin, left := c.peer.identity.Admin, c.peer.left()
		r.mu.Unlock()
		switch {
		case admin:
			r.carryOut(c)
		case !left: // the right was taken away meanwhile
			r.runLocked(func() { r.denyControl(c) })
		}
		r.mu.Lock()
		r.controls = r.controls[1:]
		last := len(r.controls) == 0
		if last {
			r.controls = nil
		}
		r.mu.Unlock()
		if last {
			return
		}
	}
}

// carryOut does what an administrator asks for, and tells them if it fails.
func (r *room) carryOut(c control) {
	ctx, cancel := context.WithTimeout(context.Background(), controlTimeout)
	defer cancel()
	m, answer := &c.message, ""
	var err error
	switch m.Kind {
	case protocol.Kick:
		answer, err = r.kick(ctx, c)
	case protocol.Lock, protocol.Unlock:
		answer, err = r.lockFor(ctx, c)
	case protocol.Notice:
		_, err = r.e.Notice(ctx, r.key, m.Code, m.Text, c.peer.asAdministrator())
	}
	switch {
	case err != nil:
		c.peer.sendFailure(codeOfControl(err), fmt.Sprintf("%s: %v", controlNames[m.Kind], err))
	case answer != "":
		notice := protocol.Message{Kind: protocol.Notice, Code: protocol.Info, Text: answer}
		c.peer.sendNotice(notice)
	}
}

// lockFor locks or unlocks the room. All peers are told about a change, so the answer is empty
// then.
func (r *room) lockFor(ctx context.Context, c control) (answer string, err error) {
	locked := c.message.Kind == protocol.Lock
	changed, err := r.e.setLock(ctx, r.key, locked, c.peer.asAdministrator(), c.message.Text)
	switch {
	case err != nil || changed:
		return "", err
	case locked:
		return "record is locked already", nil
	}
	return "record is not locked", nil
}

// kick closes the connections of a user, who is told by whom and why. If the user is to stay out
// for a time, that is stored before.
func (r *room) kick(ctx context.Context, c control) (answer string, err error) {
	m, by := &c.message, c.peer.asAdministrator()
	if m.Count > uint64(MaxKickTime/time.Second) {
		return "", errKickTime
	}
	if err := CheckReason(m.Text); err != nil {
		return "", err
	}
	var until time.Time
	if m.Count > 0 {
		until = time.Now().Add(time.Duration(m.Count) * time.Second)
		if err := r.e.keepOut(ctx, r.key, m.User.ID, until, m.Text, by); err != nil {
			return "", err
		}
	}
	why := kicked(c.peer.identity.Name, until, m.Text)
	n, err := r.e.kick(ctx, r.key, m.User.ID, by, why, until)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("connections of %s that were closed: %d", m.User.ID, n), nil
}

var errKickTime = errors.New("a user may be kept out for at most 31622400 seconds, a year")

// asAdministrator returns the name of the peer's user as an administrator, in events.
func (p *Peer) asAdministrator() string {
	if p.identity.ID == "" {
		return "anonymous"
	}
	return "user:" + p.identity.ID
}

// codeOfControl returns the code of the error that an administrator is sent.
func codeOfControl(err error) string {
	switch err {
	case ErrReason, ErrNotice, ErrUser, errKickTime:
		return protocol.CodeInvalidMessage
	}
	return protocol.CodeInternal
}

// sendFailure sends an error to a peer whose protocol has a form for it.
func (p *Peer) sendFailure(code, text string) {
	p.sendNotice(protocol.Message{Kind: protocol.Failure, Code: code, Text: text})
}
