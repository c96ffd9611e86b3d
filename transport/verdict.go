package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// verdict is what has come of checking a session again.
type verdict int

const (
	upheld  verdict = iota // it is as good as it was, or more or less so
	ended                  // and with it the connection
	unknown                // that could not be done
	verdicts
)

var verdictNames = [verdicts]string{"upheld", "ended", "failed"}

var (
	errRevoked   = &engine.CloseError{Code: engine.CloseAuthFailed, Reason: "session expired or revoked", ErrorCode: protocol.CodeSessionRevoked}
	errUnchecked = &engine.CloseError{Code: engine.CloseUnavailable, Reason: "session cannot be checked, try again", ErrorCode: protocol.CodeInternal}
)

// vouched begins what the session of a peer, which has taken effect, needs to be checked again.
func (c *conn) vouched(peer *engine.Peer, s auth.Session, token string) {
	c.fate.Lock()
	defer c.fate.Unlock()
	c.vouch(peer, s, token)
}

// vouch notes a session that is good; fate is held.
func (c *conn) vouch(peer *engine.Peer, s auth.Session, token string) {
	if s.Checked.IsZero() {
		c.vetted.peer, c.user, c.token = nil, "", ""
		c.due.Store(never)
		return
	}
	c.vetted.peer, c.user, c.token = peer, s.ID, token
	c.goodAsOf(s.Checked)
}

// goodAsOf sets when the session is to be checked next. All connections with a
// token are due at the same time, whenever they were made, as the one answer is of
// that age for all. An old answer means that there is no newer to be had soon.
func (c *conn) goodAsOf(checked time.Time) {
	now, every := time.Duration(c.server.clock.Load()), c.server.cfg.Recheck
	c.known = checked.Sub(c.server.started)
	c.due.Store(int64(max(c.known+every, now+every/4)))
}

// renewed has a fresh session take effect.
func (c *conn) renewed(peer *engine.Peer, s auth.Session, who engine.Identity, token string) {
	c.fate.Lock()
	defer c.fate.Unlock()
	c.begins(s)
	peer.Become(who)
	c.vouch(peer, s, token)
}

// recheck has the session checked again and does what follows from that.
func (c *conn) recheck(ctx context.Context) {
	defer c.rescue()
	c.fate.Lock()
	peer, token := c.vetted.peer, c.token
	c.fate.Unlock()
	if peer == nil || c.closing.Load() {
		return
	}
	limited, cancel := context.WithTimeout(ctx, c.server.cfg.JoinTimeout)
	defer cancel()
	session, err := c.server.auth.Admit(limited, token, peer.Room())
	if ctx.Err() != nil {
		return
	}
	c.fate.Lock()
	defer c.fate.Unlock()
	if c.token != token || c.closing.Load() { // it has been renewed, or has gone
		return
	}
	v, why := c.judge(session, err)
	c.server.counters.rechecks[v].Inc()
	if why != nil {
		c.sentence(why)
	}
}

// judge weighs what was said about the session; fate is held.
func (c *conn) judge(s auth.Session, err error) (verdict, error) {
	if err = conclusion(err); err != nil && lasting(err) {
		return ended, err
	}
	if s.Checked.IsZero() { // there is an error, or there would be no more checking
		return c.withoutAnswer(err)
	}
	if s.ID != c.user {
		return ended, errRevoked
	}
	who, refusal := c.server.cfg.policy().Identity(s, c.vetted.peer.Room())
	if refusal != nil {
		return ended, refusal
	}
	c.begins(s)
	c.vetted.peer.Become(who)
	c.goodAsOf(s.Checked)
	if err != nil {
		return unknown, nil
	}
	return upheld, nil
}

// withoutAnswer leaves the connection as it is, but not for ever.
func (c *conn) withoutAnswer(err error) (verdict, error) {
	now, every := time.Duration(c.server.clock.Load()), c.server.cfg.Recheck
	if now-c.known >= c.server.cfg.MaxStale {
		return unknown, errUnchecked
	}
	c.server.log.Debug("session cannot be checked", slog.String("reason", fmt.Sprint(err)))
	c.due.Store(int64(now + every/4))
	return unknown, nil
}

// conclusion is what a refusal means for somebody who is there already.
func conclusion(err error) error {
	var why *engine.CloseError
	if errors.As(err, &why) && why.Code == engine.CloseAuthFailed {
		return errRevoked
	}
	return err
}

// lasting says whether an error is about the session, and not about the way to find out.
func lasting(err error) bool {
	var why *engine.CloseError
	if !errors.As(err, &why) {
		return false
	}
	switch why.Code {
	case engine.CloseAuthFailed, engine.CloseForbidden, engine.CloseRoomNotFound:
		return true
	}
	return false
}

// sentence closes the connection. Its peer leaves the room when it ends.
func (c *conn) sentence(err error) {
	why := &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error", Err: err}
	errors.As(err, &why)
	c.server.log.Info("session ended", slog.String("remote", c.remote()), slog.String("room", c.vetted.peer.Room()),
		slog.String("user", c.user), slog.Int("code", c.server.closeCode(why)), slog.String("reason", why.Error()))
	c.Close(why)
}
