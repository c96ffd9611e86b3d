package transport

import (
	"context"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/events"
)

// Disconnect closes a connection, by its ConnectionInfo.ID, with a reason that its client is shown,
// unless the connection was handed on: then it is only cut off, as its node has the reason to show;
// by names the administrator. It reports whether there was such a connection. The client may come
// back at once. The error is engine.ErrReason.
func (s *Server) Disconnect(id uint64, reason, by string) (found bool, err error) {
	if err := engine.CheckReason(reason); err != nil {
		return false, err
	}
	for _, r := range s.relays.list() {
		if r.id == id {
			s.relays.abort(r)
			return true, nil
		}
	}
	n := s.disconnect(engine.Disconnected(reason), by, func(each *session) bool {
		return each.ConnectionID() == id || each.document != nil && each.conn.id == id
	})
	return n > 0, nil
}

// DisconnectUser closes all connections of a user, and returns how many there were; by names the
// administrator. If until is not zero, the user is banned until then, as by engine.Engine.Ban,
// whose errors it returns; then nothing is closed. Otherwise the user's clients may come back at
// once.
func (s *Server) DisconnectUser(
	ctx context.Context, user string, until time.Time, reason, by string,
) (closed int, err error) {
	why := engine.Disconnected(reason)
	if until.IsZero() {
		err = engine.CheckReason(reason)
	} else if err = s.engine.Ban(ctx, user, until, reason, by); err == nil {
		why = closeErrorOf(s.engine.Banned(user), why)
	}
	if err != nil {
		return 0, err
	}
	return s.disconnect(why, by, func(each *session) bool {
		p := each.peer()
		return p != nil && p.User() == user
	}), nil
}

// CloseBanned closes the connections of users whose bans another server has made, and returns how
// many there were.
func (s *Server) CloseBanned(bans []engine.Decision) (closed int) {
	for _, ban := range bans {
		user, room := engine.BannedFrom(ban)
		why := closeErrorOf(s.engine.Banned(ban.Subject), engine.Disconnected(ban.Reason))
		closed += s.disconnect(why, ban.By, func(each *session) bool {
			p := each.peer()
			return p != nil && p.User() == user && (room == "" || p.Room().String() == room)
		})
	}
	return closed
}

// closeErrorOf returns err if it is a *engine.CloseError, else the other.
func closeErrorOf(err error, other *engine.CloseError) *engine.CloseError {
	if why, ok := err.(*engine.CloseError); ok {
		return why
	}
	return other
}

// disconnect ends sessions of connections that are not closing yet, and returns how many it has
// ended.
func (s *Server) disconnect(why *engine.CloseError, by string, of func(*session) bool) (n int) {
	var found []*session
	for slot := range sweepSlots {
		s.conns.each(slot, func(c *conn) {
			c.eachListed(func(each *session) {
				if of(each) && !c.closing.Load() {
					found = append(found, each)
				}
			})
		})
	}
	for _, each := range found {
		e := each.event(events.Disconnected, why)
		e.By = by
		s.cfg().Events.Publish(e)
		if each.document != nil {
			each.closeDocument(why)
		} else {
			each.conn.closeNow(why)
		}
	}
	return len(found)
}
