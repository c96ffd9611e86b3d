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

// recheckResult is what has come of checking a session again.
type recheckResult int

const (
	valid     recheckResult = iota // it is as good as it was, or more or less so
	invalid                        // and with it the connection
	unchecked                      // that could not be done
	recheckResults
)

var recheckResultNames = [recheckResults]string{"upheld", "ended", "failed"}

var (
	errRevoked   = &engine.CloseError{Code: engine.CloseAuthFailed, Reason: "session expired or revoked", ErrorCode: protocol.CodeSessionRevoked}
	errUnchecked = &engine.CloseError{Code: engine.CloseUnavailable, Reason: "session cannot be checked, try again", ErrorCode: protocol.CodeInternal}
)

// sessionBegan begins what the session of a peer, which has taken effect, needs to be checked again.
func (c *conn) sessionBegan(peer *engine.Peer, s auth.Session, token string) {
	c.state.Lock()
	defer c.state.Unlock()
	c.setChecked(peer, s, token)
}

// setChecked notes a session that is good; fate is held.
func (c *conn) setChecked(peer *engine.Peer, s auth.Session, token string) {
	if s.Checked.IsZero() {
		c.recheckState.peer, c.user, c.token = nil, "", ""
		c.due.Store(never)
		return
	}
	c.recheckState.peer, c.user, c.token = peer, s.ID, token
	c.setNextRecheck(s.Checked)
}

// setNextRecheck sets when the session is to be checked next. All connections with a
// token are due at the same time, whenever they were made, as the one answer is of
// that age for all. An old answer means that there is no newer to be had soon.
func (c *conn) setNextRecheck(checked time.Time) {
	now, every := time.Duration(c.server.clock.Load()), c.server.cfg.Recheck
	c.checkedAt = checked.Sub(c.server.started)
	c.due.Store(int64(max(c.checkedAt+every, now+every/4)))
}

// sessionRenewed has a fresh session take effect.
func (c *conn) sessionRenewed(peer *engine.Peer, s auth.Session, who engine.Identity, token string) {
	c.state.Lock()
	defer c.state.Unlock()
	c.setExpiry(s)
	peer.Become(who)
	c.setChecked(peer, s, token)
}

// recheck has the session checked again and does what follows from that.
func (c *conn) recheck(ctx context.Context) {
	defer c.rescue()
	c.state.Lock()
	peer, token := c.recheckState.peer, c.token
	c.state.Unlock()
	if peer == nil || c.closing.Load() {
		return
	}
	limited, cancel := context.WithTimeout(ctx, c.server.cfg.JoinTimeout)
	defer cancel()
	session, err := c.server.auth.Admit(limited, token, peer.Room())
	if ctx.Err() != nil {
		return
	}
	c.state.Lock()
	defer c.state.Unlock()
	if c.token != token || c.closing.Load() { // it has been renewed, or has gone
		return
	}
	v, why := c.checkSession(session, err)
	c.server.counters.rechecks[v].Inc()
	if why != nil {
		c.closeSession(why)
	}
}

// checkSession weighs what was said about the session; fate is held.
func (c *conn) checkSession(s auth.Session, err error) (recheckResult, error) {
	if err = refusalOf(err); err != nil && isFinal(err) {
		return invalid, err
	}
	if s.Checked.IsZero() { // there is an error, or there would be no more checking
		return c.withoutAnswer(err)
	}
	if s.ID != c.user {
		return invalid, errRevoked
	}
	who, refusal := c.server.cfg.policy().Identity(s, c.recheckState.peer.Room())
	if refusal != nil {
		return invalid, refusal
	}
	c.setExpiry(s)
	c.recheckState.peer.Become(who)
	c.setNextRecheck(s.Checked)
	if err != nil {
		return unchecked, nil
	}
	return valid, nil
}

// withoutAnswer leaves the connection as it is, but not for ever.
func (c *conn) withoutAnswer(err error) (recheckResult, error) {
	now, every := time.Duration(c.server.clock.Load()), c.server.cfg.Recheck
	if now-c.checkedAt >= c.server.cfg.MaxStale {
		return unchecked, errUnchecked
	}
	c.server.log.Debug("session cannot be checked", slog.String("reason", fmt.Sprint(err)))
	c.due.Store(int64(now + every/4))
	return unchecked, nil
}

// refusalOf is what a refusal means for somebody who is there already.
func refusalOf(err error) error {
	var why *engine.CloseError
	if errors.As(err, &why) && why.Code == engine.CloseAuthFailed {
		return errRevoked
	}
	return err
}

// isFinal says whether an error is about the session, and not about the way to find out.
func isFinal(err error) bool {
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

// closeSession closes the connection. Its peer leaves the room when it ends.
func (c *conn) closeSession(err error) {
	why := &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error", Err: err}
	errors.As(err, &why)
	c.server.log.Info("session ended", slog.String("remote", c.remote()), slog.String("room", c.recheckState.peer.Room().String()),
		slog.String("user", c.user), slog.Int("code", c.server.closeCode(why)), slog.String("reason", why.Error()))
	c.Close(why)
}
