package hookports

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist/hooks"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// Authority asks hooks.authorize about tokens. It implements auth.Authenticator and
// auth.Invalidator.
type Authority struct {
	client  *hooks.Client
	recheck atomic.Int64 // auth.recheck, in ns
	log     *slog.Logger
	failing atomic.Bool // the hook does not answer, or not as it should, and that has been logged
}

// NewAuthority returns an Authority. recheck is transport.Config.Recheck.
func NewAuthority(client *hooks.Client, recheck time.Duration, log *slog.Logger) *Authority {
	a := &Authority{client: client, log: log}
	a.SetRecheck(recheck)
	return a
}

// SetRecheck replaces recheck.
func (a *Authority) SetRecheck(recheck time.Duration) { a.recheck.Store(int64(recheck)) }

// Admit implements auth.Authenticator.
func (a *Authority) Admit(
	ctx context.Context, token string, room roomkey.Key,
) (auth.Session, error) {
	if token == "" {
		return auth.Session{}, refuse(engine.CloseAuthFailed, "token missing")
	}
	id, ok := room.Record()
	if !ok {
		return auth.Session{}, refuse(engine.CloseRoomNotFound, "no such document")
	}
	q := hooks.Question{Token: token, Room: id}
	if address := auth.Address(ctx); address.IsValid() {
		q.Address = address.Unmap().String()
	}
	g, err := a.client.Authorize(ctx, q)
	a.logOutage()
	if err != nil {
		return auth.Session{}, refusal(err)
	}
	return auth.Session{
		Identity: engine.Identity{
			ID: g.ID, Name: g.Name, Credential: g.ID,
			ReadOnly: g.Access == hooks.Read, Admin: g.Access == hooks.Admin,
		},
		Roles:   g.Roles,
		Expires: g.Expires,
		Checked: g.Until.Add(-time.Duration(a.recheck.Load())),
	}, nil
}

// Invalidate implements auth.Invalidator.
func (a *Authority) Invalidate(token string) { a.client.Invalidate(token) }

// logOutage logs when the hook stops answering as it should and when it does again, not each
// failure.
func (a *Authority) logOutage() {
	err := a.client.Failure()
	switch {
	case err != nil && !a.failing.Swap(true):
		a.log.Warn("tokens cannot be checked: hooks.authorize fails", slog.String("reason", err.Error()))
	case err == nil && a.failing.Swap(false):
		a.log.Info("hooks.authorize answers again")
	}
}

func refuse(code engine.CloseCode, reason string) *engine.CloseError {
	return &engine.CloseError{Code: code, Reason: reason}
}

// refusal returns the close code and reason for an error of the hook. Clients come back by
// themselves after a failure, as the next answer may be another.
func refusal(err error) error {
	var e *hooks.Error
	if !errors.As(err, &e) {
		e = &hooks.Error{}
	}
	switch e.Kind {
	case hooks.ErrUnauthorized:
		return refuse(engine.CloseAuthFailed, cmp.Or(e.Reason, "token not valid"))
	case hooks.ErrForbidden:
		return refuse(engine.CloseForbidden, cmp.Or(e.Reason, "no access to this document"))
	case hooks.ErrNotFound, hooks.ErrGone:
		return refuse(engine.CloseRoomNotFound, cmp.Or(e.Reason, "no such document"))
	}
	return &engine.CloseError{
		Code: engine.CloseUnavailable, ErrorCode: protocol.CodeInternal,
		Reason: "tokens cannot be checked at the moment, try again", Err: err,
	}
}

// Users is an Authenticator whose sessions have the id of their user as credential, so that
// hooks.store is given it.
type Users struct{ auth.Authenticator }

// Admit implements auth.Authenticator.
func (u Users) Admit(
	ctx context.Context, token string, room roomkey.Key,
) (auth.Session, error) {
	s, err := u.Authenticator.Admit(ctx, token, room)
	s.Credential = s.ID
	return s, err
}
